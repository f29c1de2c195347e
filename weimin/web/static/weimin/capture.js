/* Weimin: scans from a file, a camera, a 高拍仪 or a phone, sent in pieces while the form is being
   filled in. Loaded only by pages with _capture.jinja; they work without it. Pages live in memory
   and on the server, never in this browser's storage: a counter's PC is everybody's. */
(function () {
  'use strict';
  var d = document, SIDE = 2200, QUALITY = .8, PIECE = 256 * 1024, words = d.querySelector('[data-capture-words]');
  function $(s, e) { return e.querySelector(s); }
  function $$(s, e) { return [].slice.call(e.querySelectorAll(s)); }
  function say(key, n) { return words.dataset[key].replace('{n}', n); }
  function part(name) { return $('[data-capture-' + name + ']', d).content.cloneNode(true); }
  if (!words || !window.crypto || !crypto.subtle || !window.fetch) return;

  /* -- pictures: upright, at most 2200 px, before a slow line; what can't be drawn goes as it is -- */
  function jpeg(source, w, h) {
    var r = Math.min(1, SIDE / Math.max(w, h)), c = d.createElement('canvas');
    c.width = Math.round(w * r); c.height = Math.round(h * r);
    c.getContext('2d').drawImage(source, 0, 0, c.width, c.height);
    return new Promise(function (ok) { c.toBlob(ok, 'image/jpeg', QUALITY); });
  }
  function shrink(file) {
    if (!/^image\//.test(file.type)) return Promise.resolve(file);
    var url = URL.createObjectURL(file), img = new Image();
    img.src = url;
    return img.decode().then(function () {
      if (Math.max(img.naturalWidth, img.naturalHeight) <= SIDE && file.size < 1e6 && file.type === 'image/jpeg') return file;
      return jpeg(img, img.naturalWidth, img.naturalHeight);
    }).catch(function () { return file; }).then(function (b) { URL.revokeObjectURL(url); return b; });
  }

  /* -- sending: announce, ask where to go on, send pieces; a broken line waits and goes on -- */
  function hex(buffer) { return [].map.call(new Uint8Array(buffer), function (b) { return ('0' + b.toString(16)).slice(-2); }).join(''); }
  function ask(box, method, path, body, headers) {
    var h = headers || {};
    h['X-CSRFToken'] = box.token; h['X-Requested-With'] = 'fetch';
    return fetch(path, { method: method, body: body, headers: h, credentials: 'same-origin', redirect: 'error' }).then(function (r) {
      if (r.status >= 500) throw new Error('server');
      if (r.status === 204) return { status: 204, said: {} };
      return r.json().catch(function () { return {}; }).then(function (j) { return { status: r.status, said: j }; });
    });
  }
  function pause(tries) {
    return new Promise(function (ok) {
      var t = setTimeout(go, Math.min(15000, 1000 * Math.pow(2, tries)));
      function go() { clearTimeout(t); removeEventListener('online', go); ok(); }
      addEventListener('online', go);
    });
  }
  function send(box, page) {
    var tries = 0, offset = 0;
    function lost() { page.state = 'broken'; box.draw(); return pause(tries++).then(again); }
    function fail(answer) { page.state = 'bad'; page.why = answer.status === 401 ? say('gone') : answer.said.message || say('bad'); box.draw(); }
    function announce() {
      var form = new FormData();
      form.append('size', page.blob.size); form.append('sha256', page.hash); form.append('name', page.name);
      return ask(box, 'POST', box.at, form).then(on);
    }
    function on(answer) {
      if (page.dropped) return;
      if (answer.status === 404 && page.id) { page.id = null; return announce(); }
      if (answer.status === 409 && 'offset' in answer.said) { offset = answer.said.offset; return piece(); }
      if (answer.status >= 400) return fail(answer);
      tries = 0; page.id = answer.said.id; offset = answer.said.offset;
      if (answer.said.done) { page.state = 'done'; page.blob = null; return box.draw(); }
      page.state = 'sends'; page.part = Math.round(100 * offset / page.blob.size); box.draw();
      return piece();
    }
    function piece() {
      return ask(box, 'PATCH', box.at + page.id, page.blob.slice(offset, offset + PIECE),
        { 'Upload-Offset': String(offset), 'Content-Type': 'application/octet-stream' }).then(on);
    }
    function again() {
      if (page.dropped) return;
      return (page.id ? ask(box, 'GET', box.at + page.id).then(on) : announce()).catch(lost);
    }
    return page.blob.arrayBuffer().then(function (all) { return crypto.subtle.digest('SHA-256', all); }).then(function (sum) {
      page.hash = hex(sum); page.state = 'sends'; box.draw();
      return announce().catch(lost);
    });
  }

  /* -- one material -- */
  function Box(root) {
    var box = this, form = root.closest('form'), input = $('input[type=file]', root), hidden = $('input[type=hidden]', root);
    var key = 'scan:' + new URL(form.getAttribute('action') || '', location.href).pathname + ':' + (form.dataset.draft || '') + ':' + root.dataset.key;
    var kept = 'keep' in form.dataset; /* then the draft on the server remembers */
    box.root = root; box.form = form; box.at = root.dataset.at; box.pages = []; box.title = root.dataset.title;
    box.token = ($('[name=csrfmiddlewaretoken]', form) || {}).value || '';
    box.queue = Promise.resolve();
    root.append(part('parts'));
    $('[data-plain]', root).hidden = true;
    box.said = $('[data-said]', root); box.tray = $('[data-tray]', root);
    var said = box.said, tray = box.tray;

    box.draw = function () {
      while (tray.children.length > box.pages.length) tray.lastChild.remove();
      while (tray.children.length < box.pages.length) tray.append(part('page'));
      box.pages.forEach(function (p, i) {
        var li = tray.children[i], img = $('img', li), bar = $('progress', li), name = say('page', i + 1);
        function tool(which, shown, fn) { var b = $('[data-' + which + ']', li); b.hidden = !shown; b.setAttribute('aria-label', b.textContent + ' ' + name); b.onclick = fn; }
        $('[data-which]', li).textContent = name;
        $('[data-state]', li).textContent = p.state === 'bad' ? p.why : p.state === 'broken' ? say('broken') : say(p.state);
        li.className = p.state; bar.hidden = p.state !== 'sends'; bar.value = p.part || 0; bar.setAttribute('aria-label', name);
        if (!p.pic && p.state === 'done' && p.picture) p.pic = box.at + p.id + '/picture';
        img.hidden = !p.pic; if (p.pic && img.src !== p.pic && img.getAttribute('src') !== p.pic) img.src = p.pic;
        img.className = 'r' + (p.turn || 0); img.nextElementSibling.style.display = p.pic ? 'none' : '';
        tool('up', i > 0, function () { box.pages.splice(i - 1, 0, box.pages.splice(i, 1)[0]); box.draw(); $('[data-turn]', tray.children[i - 1]).focus(); });
        tool('turn', !!p.pic, function () { p.turn = ((p.turn || 0) + 90) % 360; box.draw(); });
        tool('again', p.state === 'bad' && p.blob, function () { box.start(p); });
        tool('drop', true, function () { p.dropped = true; if (p.id) ask(box, 'DELETE', box.at + p.id).catch(function () {}); if (/^blob:/.test(p.pic)) URL.revokeObjectURL(p.pic); box.pages.splice(box.pages.indexOf(p), 1); box.draw(); $('[data-file]', root).focus(); });
      });
      var was = hidden.value;
      hidden.value = box.pages.filter(function (p) { return p.state === 'done'; }).map(function (p) { return p.id + (p.turn ? ':' + p.turn : ''); }).join(' ');
      if (hidden.value !== was) keep(form);
      if (!kept) try { hidden.value ? sessionStorage.setItem(key, hidden.value) : sessionStorage.removeItem(key); } catch (e) { /* private mode */ }
      var have = $('input[name=have][value="' + root.dataset.key + '"]', form);
      if (have && box.pages.length && !have.checked) have.checked = true;
      box.onchange && box.onchange();
    };
    box.start = function (page) {
      page.state = 'waits'; box.draw();
      box.queue = box.queue.then(function () { return page.dropped ? null : send(box, page); }).then(settle);
    };
    box.add = function (blob, name) {
      var page = { blob: blob, name: name, state: 'waits', pic: /^image\/(jpeg|png|webp|bmp)/.test(blob.type) ? URL.createObjectURL(blob) : null, picture: /^image\/|\.hei[cf]$/i.test(blob.type || name) };
      if (/\.hei[cf]$/i.test(name)) page.picture = true;
      box.pages.push(page); box.start(page);
    };
    box.arrived = function (u, turn) {
      if (box.pages.some(function (p) { return p.id === u.id; })) return;
      box.pages.push({ id: u.id, name: u.name, state: 'done', picture: u.picture, turn: turn || 0 }); box.draw();
    };
    box.take = function (files) {
      return [].slice.call(files).reduce(function (before, f) {
        return before.then(function () { return shrink(f); }).then(function (b) { box.add(b, b === f ? f.name : f.name.replace(/\.\w+$/, '') + '.jpg'); });
      }, Promise.resolve());
    };
    function chosen() { var files = [].slice.call(input.files); input.value = ''; box.take(files); }
    input.addEventListener('change', chosen);
    if (input.files.length) chosen();   /* before we were there: a phone waits for its door to open */
    $('[data-file]', root).onclick = function () { input.click(); };
    if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) { var c = $('[data-camera]', root); c.hidden = false; c.onclick = function () { shoot(box); }; }
    /* On the phone in hand there is nothing to scan the code with */
    if (root.dataset.phones && !(window.matchMedia && matchMedia('(hover: none) and (pointer: coarse)').matches)) { var m = $('[data-phone]', root); m.hidden = false; m.onclick = function () { byPhone(box); }; }

    /* What was sent before a reload, or stood there when the form came back with an error */
    var before = hidden.value;
    if (!before && !kept) try { before = sessionStorage.getItem(key) || ''; } catch (e) { before = ''; }
    before.split(' ').filter(Boolean).reduce(function (chain, w) {
      var id = w.split(':')[0], turn = +w.split(':')[1] || 0;
      return chain.then(function () { return ask(box, 'GET', box.at + id); }).then(function (a) { if (a.status === 200 && a.said.done) box.arrived(a.said, turn); });
    }, Promise.resolve()).then(box.draw).catch(function () { said.textContent = say('broken'); });
  }

  /* -- a form with a draft on the server is told at once what has come, so that it outlives this page -- */
  function keep(form) {
    if (!('keep' in form.dataset)) return;
    clearTimeout(form.keeping);
    form.keeping = setTimeout(function () {
      var all = new FormData(form), some = new FormData();
      all.forEach(function (v, k) { if (typeof v === 'string') some.append(k, v); });
      some.append('look', '1');
      fetch(form.action || location.href, { method: 'POST', body: some, credentials: 'same-origin', redirect: 'manual' }).catch(function () { /* 下一步 sends it again */ });
    }, 600);
  }

  /* -- the form waits for what is under way -- */
  var boxes = [];
  function of(form) { return boxes.filter(function (b) { return b.form === form; }); }
  function left(form) { return of(form).reduce(function (n, b) { return n + b.pages.filter(function (p) { return p.state !== 'done'; }).length; }, 0); }
  function bad(form) { return of(form).some(function (b) { return b.pages.some(function (p) { return p.state === 'bad'; }); }); }
  var waiting = null;
  function settle() {
    if (!waiting) return;
    var form = waiting.form, by = waiting.by, n = left(form);
    tell(form, '');
    if (bad(form)) { tell(form, say('stuck'), 'bad'); waiting = null; return; }
    if (n) { tell(form, say('left', n), 'under way'); return; }
    waiting = null;
    if (by && form.requestSubmit) form.requestSubmit(by); else if (by) by.click(); else form.submit();
  }
  /* Said of the material that it is about: one with a page that failed, or with one still under way */
  function tell(form, text, about) {
    of(form).forEach(function (b) {
      if (b.pages.some(function (p) { return about === 'bad' ? p.state === 'bad' : !about || p.state !== 'done'; })) b.said.textContent = text;
    });
  }
  d.addEventListener('submit', function (e) {
    clearTimeout(e.target.keeping);
    if (!left(e.target)) return;
    e.preventDefault(); e.stopImmediatePropagation();
    waiting = { form: e.target, by: e.submitter }; settle();
  }, true);
  addEventListener('beforeunload', function (e) {
    if (boxes.some(function (b) { return b.pages.some(function (p) { return p.state !== 'done'; }); })) { e.preventDefault(); e.returnValue = ''; }
  });

  /* -- camera: the 高拍仪 first, whichever was chosen before -- */
  function shoot(box) {
    var box_ = $('[data-capture-camera]', d), video = $('video', box_), list = $('[data-which]', box_), said = $('[data-said]', box_), stream, n = 0, was;
    $('h2', box_).textContent = box.title; said.textContent = '';
    try { was = localStorage.getItem('camera'); } catch (e) { was = null; }
    function stop() { if (stream) stream.getTracks().forEach(function (t) { t.stop(); }); stream = video.srcObject = null; }
    function start(id) {
      stop();
      var wish = { width: { ideal: 4096 }, height: { ideal: 3072 } };
      if (id) wish.deviceId = { exact: id }; else wish.facingMode = 'environment';
      return navigator.mediaDevices.getUserMedia({ video: wish }).then(function (s) {
        if (!box_.open) { s.getTracks().forEach(function (t) { t.stop(); }); return; }
        stream = video.srcObject = s; return video.play();
      });
    }
    function choose() {
      return navigator.mediaDevices.enumerateDevices().then(function (all) {
        var cams = all.filter(function (x) { return x.kind === 'videoinput'; }), now = stream && stream.getVideoTracks()[0].getSettings().deviceId;
        list.textContent = '';
        cams.forEach(function (c, i) { var o = d.createElement('option'); o.value = c.deviceId; o.textContent = c.label || say('camera', i + 1); o.selected = c.deviceId === now; list.append(o); });
        list.parentNode.hidden = cams.length < 2;
        var best = cams.filter(function (c) { return c.deviceId === was; })[0] || cams.filter(function (c) { return /高拍|扫描|doc|scan|eloam|visual/i.test(c.label); })[0];
        if (best && now && best.deviceId !== now) { list.value = best.deviceId; return start(best.deviceId); }
      });
    }
    list.onchange = function () { try { localStorage.setItem('camera', list.value); } catch (e) { /* private mode */ } start(list.value).catch(failed); };
    function failed() { said.textContent = say('nocamera'); }
    $('[data-shot]', box_).onclick = function () {
      if (!stream || !video.videoWidth) return;
      jpeg(video, video.videoWidth, video.videoHeight).then(function (b) { n++; box.add(b, 'page-' + n + '.jpg'); said.textContent = say('shots', n); });
    };
    $('[data-stop]', box_).onclick = function () { box_.close(); };
    box_.onclose = function () { stop(); $('[data-camera]', box.root).focus(); };
    box_.showModal();
    start(null).then(choose).catch(failed);
  }

  /* -- phone: a code to scan; what it sends appears here -- */
  function byPhone(box) {
    var box_ = $('[data-capture-phone]', d), said = $('[data-said]', box_), form = new FormData(), timer, door, n = 0;
    form.append('label', box.title);
    ask(box, 'POST', box.root.dataset.phones, form).then(function (a) {
      if (a.status !== 201) { box.said.textContent = a.said.message; return; }
      door = a.said.door; said.textContent = '';
      $('h2', box_).textContent = box.title; $('[data-qr]', box_).src = a.said.qr;
      $('[data-here]', box_).hidden = !a.said.here;
      var link = $('[data-address]', box_); link.href = a.said.address; link.textContent = a.said.address;
      box_.onclose = function () { clearTimeout(timer); look(true); ask(box, 'DELETE', box.root.dataset.phones + door).catch(function () {}); $('[data-phone]', box.root).focus(); };
      $('[data-stop]', box_).onclick = function () { box_.close(); };
      box_.showModal(); timer = setTimeout(look, 2000);
    }).catch(function () { box.said.textContent = say('broken'); });
    function look(last) {
      ask(box, 'GET', box.root.dataset.phones + door).then(function (a) {
        if (a.status === 200) {
          a.said.uploads.forEach(function (u) { box.arrived(u); });
          n = a.said.uploads.length;
          said.textContent = n ? say('came', n) : a.said.entered ? say('entered') : a.said.open ? '' : say('over');
          if (!a.said.open && last !== true) { if (n) box_.close(); return; }
        }
        if (last !== true) timer = setTimeout(look, 2000);
      }).catch(function () { if (last !== true) timer = setTimeout(look, 4000); });
    }
  }

  function ready() {
    boxes = boxes.filter(function (b) { return d.contains(b.root); });
    $$('[data-capture]:not([data-ready])', d).forEach(function (root) { root.dataset.ready = ''; boxes.push(new Box(root)); });
  }
  d.addEventListener('weimin:part', ready);
  /* The phone goes in with a POST: a preview of the link, which runs no script, must not use it up */
  var enter = $('form[data-enter]', d), way;
  if (!enter) return ready();
  $$('button[data-plain]', enter).forEach(function (b) { b.hidden = true; });
  way = new FormData(enter); way.append('enter', '1');
  fetch(location.href, { method: 'POST', body: way, credentials: 'same-origin' }).then(function (r) {
    if (r.ok) ready(); else location.reload();
  }).catch(ready);
})();
