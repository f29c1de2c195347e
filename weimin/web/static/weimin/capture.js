/* Weimin: scans from a camera, a phone or a 高拍仪. Loaded only by pages with ui.capture(); they work without it. */
(function () {
  'use strict';
  var d = document;
  function $(s, e) { return e.querySelector(s); }
  function $$(s, e) { return [].slice.call(e.querySelectorAll(s)); }

  /* Scans: several pages by camera or file, shrunk to 2000 px JPEG before a slow line, listed, removable */
  function shrink(source, w, h, name) {
    var r = Math.min(1, 2000 / Math.max(w, h)), c = d.createElement('canvas');
    c.width = w * r; c.height = h * r; c.getContext('2d').drawImage(source, 0, 0, c.width, c.height);
    return new Promise(function (ok) { c.toBlob(function (b) { ok({ file: new File([b], name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' }), pic: c }); }, 'image/jpeg', .85); });
  }
  function capture(box) {
    var inputs = $$('input[type=file]', box), tray = $('[data-tray]', box), video = $('video', box), cam = $('[data-camera]', box), shots = [], stream;
    if (!window.DataTransfer || !window.createImageBitmap) return;
    function draw() {
      var dt = new DataTransfer(), old;
      $$('[data-new]', tray).forEach(function (x) { x.remove(); });
      old = tray.children.length;
      shots.forEach(function (s, i) {
        var li = d.createElement('li'), b = d.createElement('button'), label = tray.dataset.page.replace('{n}', old + i + 1);
        dt.items.add(s.file); li.dataset.new = '';
        if (s.pic) { var c = d.createElement('canvas'); c.width = 220; c.height = 220 * s.pic.height / s.pic.width; c.getContext('2d').drawImage(s.pic, 0, 0, c.width, c.height); li.append(c); }
        b.type = 'button'; b.className = 'btn plain'; b.textContent = tray.dataset.remove; b.setAttribute('aria-label', tray.dataset.remove + label);
        b.onclick = function () { shots.splice(i, 1); draw(); inputs[0].focus(); };
        li.append(label + ' · ' + Math.ceil(s.file.size / 1024) + ' KB ' + (s.pic ? '' : s.file.name), b); tray.append(li);
      });
      inputs[0].files = dt.files;
      if (inputs[1]) inputs[1].value = '';
    }
    inputs.forEach(function (input) {
      input.addEventListener('change', function () {
        var all = [].slice.call(input.files).map(function (f) {
          return /^image\//.test(f.type) ? createImageBitmap(f).then(function (b) { return shrink(b, b.width, b.height, f.name); }).catch(function () { return { file: f }; }) : { file: f };
        });
        Promise.all(all).then(function (more) { shots = shots.concat(more); draw(); });
      });
    });
    if (!navigator.mediaDevices) return;
    function stop() { if (stream) stream.getTracks().forEach(function (t) { t.stop(); }); $('[data-panel]', box).hidden = true; cam.focus(); }
    cam.hidden = false;
    cam.onclick = function () {
      navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 3264 }, facingMode: 'environment' } }).then(function (s) {
        stream = video.srcObject = s; $('[data-panel]', box).hidden = false; video.play(); $('[data-shot]', box).focus();
      }).catch(function (e) { alert('打不开摄像头：' + e.name); });
    };
    $('[data-shot]', box).onclick = function () { shrink(video, video.videoWidth, video.videoHeight, 'scan').then(function (s) { shots.push(s); draw(); }); };
    $('[data-stop]', box).onclick = stop;
  }

  function ready(scope) { $$('[data-capture]', scope).forEach(capture); }
  ready(d);
  d.addEventListener('weimin:part', function (e) { ready(e.detail); });
})();
