/* Weimin: what script adds. Every page works without it. No framework, Chromium 86. */
(function () {
  'use strict';
  var d = document, root = d.documentElement;
  function $(s, e) { return (e || d).querySelector(s); }
  function $$(s, e) { return [].slice.call((e || d).querySelectorAll(s)); }
  function on(type, fn, o) { d.addEventListener(type, fn, o); }
  function memo(store, k, v) {
    try { return v === undefined ? store.getItem(k) : v === null ? store.removeItem(k) : store.setItem(k, v); } catch (e) { return null; }
  }

  /* Clicks: elder mode, danger, dialogs, menus, leaving */
  on('click', function (e) {
    function hit(s) { return e.target.closest(s); }
    var t, m;
    if ((t = hit('[data-confirm]')) && !confirm(t.dataset.confirm)) { e.preventDefault(); return; }
    if (hit('[data-elder]')) {
      e.preventDefault();
      var elder = root.classList.toggle('elder');
      d.cookie = 'elder=' + (elder ? 1 : 0) + ';path=/;max-age=31536000;samesite=lax';
      hit('[data-elder]').lastElementChild.textContent = elder ? '标准版' : '大字版';
    }
    if (hit('[data-leave]')) sessionStorage.clear();   /* a shared PC keeps nobody's drafts */
    if ((t = hit('a[href^="#"]')) && t.hash.length > 1 && (m = d.getElementById(t.hash.slice(1)))) {
      if (m.showModal) { e.preventDefault(); $$('[data-menu][open]').forEach(function (x) { if (x.contains(t)) $('summary', x).focus(); x.open = false; }); m.showModal(); }
      else if (m.tabIndex >= 0 && t.closest('[data-errors]')) { e.preventDefault(); m.focus(); m.scrollIntoView({ block: 'nearest' }); }
    }
    if ((t = hit('[data-close]')) && t.closest('dialog').open) { e.preventDefault(); t.closest('dialog').close(); }
    if ((t = hit('[data-item]'))) memo(sessionStorage, 'at', t.id);
    if (t && desk && t.closest('.pane-list') && beside() && !e.ctrlKey && !e.metaKey && !e.shiftKey && !e.button) { e.preventDefault(); openCase(t.href); }
    $$('[data-menu][open]').forEach(function (x) { if (!x.contains(e.target)) x.open = false; });
  });

  /* Parts: what the server drew again takes the place of what stands here */
  function parsed(text) { return new DOMParser().parseFromString(text, 'text/html'); }
  function put(box, html) {
    box.innerHTML = html; ready(box);
    box.dispatchEvent(new CustomEvent('weimin:part', { bubbles: true, detail: box }));
  }
  function get(url, part, body) {
    return fetch(url, { method: body ? 'POST' : 'GET', body: body, headers: { 'X-Part': part }, credentials: 'same-origin' })
      .then(function (r) { return r.text().then(function (t) { return { text: t, ok: r.ok, url: r.url }; }); });
  }

  /* Desk: the list stays, the case comes beside it; the address says which */
  var desk = $('[data-desk]'), pane = $('#case'), turn = 0;
  function beside() { return desk && getComputedStyle(pane).display !== 'none' && getComputedStyle($('.pane-list')).display !== 'none'; }
  function current(number) {
    $$('.pane-list .cases>li').forEach(function (li) {
      var a = $('[data-item]', li), on = !!number && a.pathname.split('/').pop() === number;
      li.classList.toggle('current', on);
      if (on) a.setAttribute('aria-current', 'true'); else a.removeAttribute('aria-current');
    });
  }
  function show(answer) {                    /* false: not a case; a log-in or an error stands alone */
    var box = parsed(answer.text), part = $('[data-case]', box);
    if (!part || $('head link', box)) return false;
    put(pane, part.outerHTML);
    desk.className = 'desk is-case'; pane.scrollTop = 0;
    d.title = part.dataset.title; current(part.dataset.case);
    if (!$('dialog[open]', pane)) $('h1', pane).focus({ preventScroll: true });
    return true;
  }
  function openCase(href, keep) {
    var mine = ++turn, number = href.split('?')[0].split('/').pop();
    pane.setAttribute('aria-busy', 'true');
    get(href, 'case').then(function (answer) {
      if (mine !== turn) return;
      pane.removeAttribute('aria-busy');
      if (!show(answer)) { location = href; return; }
      if (!keep) history.pushState({ number: number }, '', desk.dataset.desk + '&case=' + number);
    }).catch(function () { location = href; });
  }
  function noCase() {
    turn++; put(pane, $('#no-case').innerHTML);
    desk.className = 'desk is-list'; current('');
  }
  function relist() {
    get(desk.dataset.desk, 'list').then(function (answer) {
      var list = $('.pane-list'), at = list.scrollTop, open = $('[data-case]', pane);
      if (!answer.ok || $('head link', parsed(answer.text))) return;
      put($('[data-list-part]'), answer.text); list.scrollTop = at;
      current(open && open.dataset.case);
    });
  }
  if (desk) {
    var first = $('[data-case]', pane);
    history.replaceState({ number: first ? first.dataset.case : '' }, '');
    addEventListener('popstate', function (e) {
      if (!e.state) return;
      if (!beside()) location.reload();
      else if (e.state.number) openCase('/desk/cases/' + e.state.number, true);
      else noCase();
    });
    on('submit', function (e) {
      var f = e.target;
      if (e.defaultPrevented || !pane.contains(f) || !/\/do\//.test(f.action) || !beside()) return;
      e.preventDefault();
      var body = new FormData(f);
      if (e.submitter && e.submitter.name) body.append(e.submitter.name, e.submitter.value);
      $$('button', f).forEach(function (b) { b.disabled = true; });
      get(f.action, 'case', body).then(function (answer) {
        if (!show(answer)) location = answer.url === f.action ? '/desk/cases/' + $('[data-case]', pane).dataset.case : answer.url;
        else if (answer.ok || !$('dialog[open]', pane)) relist();   /* refused as out of date: the list is too */
      }).catch(function () { $$('button', f).forEach(function (b) { b.disabled = false; }); alert(pane.dataset.broken); });
    });
  }

  /* Forms whose questions depend on answers: the server draws them anew, what was typed stays */
  function again(form, look, by, fewer) {    /* fewer: only the list of materials changes, questions stay */
    var body = new FormData(form), a = d.activeElement, mark = a && { name: a.name, value: a.value, tick: /^(radio|checkbox)$/.test(a.type) };
    Array.from(body.keys()).forEach(function (k) { if (body.get(k) instanceof File) body.delete(k); });
    body.set('look', look);
    return get(form.action, 'form', body).then(function (answer) {
      var fresh = parsed(answer.text), old = $('[data-errors]', form), errors = $('[data-errors]', fresh), m;
      if (!$('[data-part]', fresh)) { if (answer.url === form.action) location.reload(); else location = answer.url; return; }
      if (old) old.remove();
      if (!fewer) $$('[data-part]', form).forEach(function (p) { put(p, d.importNode($('#' + p.id, fresh), true).innerHTML); });
      $$('[data-keyed]', form).forEach(function (list, i) {
        var next = $$('[data-keyed]', fresh)[i];
        $$('[data-row]', next).forEach(function (li) {      /* a row that stays keeps its files */
          var mine = $('[data-row="' + li.dataset.row + '"] .scan', list), its = $('.scan', li);
          if (mine && its) its.parentNode.replaceChild(mine, its);
        });
        while (list.firstChild) list.firstChild.remove();
        while (next.firstChild) list.append(next.firstChild);
        list.dispatchEvent(new CustomEvent('weimin:part', { bubbles: true, detail: list }));
      });
      if (fewer) return;
      if (errors) { form.insertBefore(d.importNode(errors, true), $('.two', form)); $('[data-errors]', form).focus(); return; }
      if (look === '1' && !errors) m = $$('[data-part] input.in,[data-part] select.in', form).filter(function (x) { return !x.value && x.required && x.offsetParent; })[0] || $('[name=have]', form);
      else if (by && (m = by.closest && by.closest('fieldset') && d.getElementById(by.closest('fieldset').id))) m = $$('.rowset', m).pop().querySelector('input');
      else m = $$('input,select,textarea,button', form).filter(function (x) { return mark && mark.name && x.name === mark.name && (!mark.tick && x.type !== 'submit' || x.value === mark.value); })[0];
      if (m) m.focus();
    });
  }
  on('click', function (e) {
    var b = e.target.closest('[data-again]');
    if (!b) return;
    e.preventDefault(); again(b.form, b.value, b).catch(function () { b.form.submit(); });
  });
  on('change', function (e) { if ('look' in e.target.dataset) again(e.target.form, '2', null, e.target.dataset.look === 'materials'); });

  /* Keys: j k / ? Escape and the letters that buttons carry */
  function items() { return $$('[data-list] [data-item]').filter(function (x) { return x.offsetParent; }); }
  on('keydown', function (e) {
    var el = d.activeElement, m, list, i;
    if (e.key === 'Escape' && (m = $('[data-menu][open]'))) { m.open = false; $('summary', m).focus(); return; }
    if (e.key === 'Escape' && !$('dialog[open]') && beside() && pane.contains(el)) {
      if ((m = $('.pane-list [data-item][aria-current]') || items()[0])) m.focus();
      return;
    }
    if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || $('dialog[open]') || memo(localStorage, 'keys') === 'off') return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) && !/^(checkbox|radio)$/.test(el.type)) return;
    if (e.key === '/') m = $('[data-search]');
    else if (e.key === '?') { if ((m = $('#keys')) && m.showModal) m.showModal(); return; }
    else if (e.key === 'j' || e.key === 'k') {
      list = items(); i = list.indexOf(el);
      if (i < 0) i = list.indexOf($('[data-item][aria-current]'));
      m = list[Math.max(0, Math.min(list.length - 1, i + (e.key === 'j' ? 1 : -1)))];
    } else if (/^[a-z]$/.test(e.key) && (m = $('[data-key="' + e.key + '"]')) && m.offsetParent) { e.preventDefault(); m.click(); return; }
    if (m) { e.preventDefault(); m.focus(); if (m.select) m.select(); }
  });

  /* Batches, keys off */
  function count() {
    $$('[data-batch]').forEach(function (b) {
      var n = $$('input[name="' + b.dataset.batch + '"]:checked').length;
      $('[data-count]', b).textContent = n; b.hidden = !n;
    });
  }
  on('change', function (e) {
    var t = e.target;
    if (t.dataset.all) $$('input[name="' + t.dataset.all + '"]').forEach(function (c) { c.checked = t.checked; });
    if (t.matches('[data-keys-off]')) memo(localStorage, 'keys', t.checked ? 'off' : null);
    count();
  });

  /* Drafts: what was typed survives a closed tab's reload; cleared by a page that carries data-draft-done */
  function drafts(scope) {
    var done = $('[data-draft-done]', scope);
    if (done) memo(sessionStorage, 'draft:' + done.dataset.draftDone, null);
    $$('form[data-draft]', scope).forEach(function (f) {
      var key = 'draft:' + f.dataset.draft, dirty = false, old = JSON.parse(memo(sessionStorage, key) || '{}'), n = 0;
      function fields() { return $$('input,textarea,select', f).filter(function (x) { return x.name && !/^(hidden|file|password)$/.test(x.type) && !('nodraft' in x.dataset); }); }
      if (!$('[data-errors]')) fields().forEach(function (x) {
        var tick = /^(radio|checkbox)$/.test(x.type), k = tick ? x.name + '=' + x.value : x.name;
        if (!(k in old) || (tick ? x.checked : x.value) === old[k]) return;
        if (tick) x.checked = old[k]; else if (!x.defaultValue) x.value = old[k]; else return;
        n++;
      });
      var note = $('[data-draft-note]', f);
      if (n && note) note.hidden = false;
      f.addEventListener('input', function () {
        var now = {}; dirty = true;
        fields().forEach(function (x) { if (/^(radio|checkbox)$/.test(x.type)) now[x.name + '=' + x.value] = x.checked; else now[x.name] = x.value; });
        memo(sessionStorage, key, JSON.stringify(now));
      });
      f.addEventListener('submit', function () { dirty = false; });
      addEventListener('beforeunload', function (e) { if (dirty && d.contains(f)) { e.preventDefault(); e.returnValue = ''; } });
    });
  }

  /* A page, or a part of one that came later */
  function ready(scope) {
    var m = $('[data-errors]', scope), at = memo(sessionStorage, 'at');
    $$('dialog[open]', scope).forEach(function (x) { if (x.showModal) { x.open = false; x.showModal(); } });   /* a form that came back */
    $$('[data-keys-off]', scope).forEach(function (c) { c.checked = memo(localStorage, 'keys') === 'off'; });
    drafts(scope); count();
    if (m) m.focus();
    else if (at && (m = d.getElementById(at)) && d.activeElement === d.body) m.focus();
    if ((m = $('.side [aria-current]', scope)) && innerWidth < 1024) m.parentNode.parentNode.scrollLeft = m.offsetLeft - 16;
    if ((m = $('.pane-list [data-item][aria-current]', scope)) && getComputedStyle(m.closest('.pane-list')).overflowY === 'auto') m.scrollIntoView({ block: 'nearest' });
  }
  root.classList.add('js');
  ready(d);
})();
