/* Weimin: a signature on the screen, as strokes of points; and fields that belong to one way of delivery. */
(function () {
  'use strict';
  var d = document;
  function $(s, e) { return e.querySelector(s); }
  function $$(s, e) { return [].slice.call(e.querySelectorAll(s)); }

  function pad(box) {
    var canvas = $('canvas', box), input = $('input', box), said = $('[data-said]', box), pen = canvas.getContext('2d'), strokes = [], now = null;
    if (!window.PointerEvent) return;
    box.hidden = false;
    if (innerWidth < 640) canvas.height = 540;   /* a phone held upright: room for a hand */
    try { strokes = JSON.parse(input.value || '[]'); } catch (e) { strokes = []; }
    function at(e) {
      var r = canvas.getBoundingClientRect();
      return [Math.round(Math.max(0, Math.min(1, (e.clientX - r.left) / r.width)) * canvas.width), Math.round(Math.max(0, Math.min(1, (e.clientY - r.top) / r.height)) * canvas.height)];
    }
    function draw() {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      pen.lineWidth = 5; pen.lineCap = pen.lineJoin = 'round'; pen.strokeStyle = '#111';
      strokes.forEach(function (s) {
        pen.beginPath();
        s.forEach(function (p, i) { pen[i ? 'lineTo' : 'moveTo'](p[0], p[1]); });
        pen.stroke();
      });
      input.value = strokes.length ? JSON.stringify(strokes) : '';
      said.textContent = strokes.length ? said.dataset.signed : said.dataset.empty;
    }
    canvas.addEventListener('pointerdown', function (e) {
      if (e.button) return;
      e.preventDefault(); canvas.setPointerCapture(e.pointerId); now = [at(e)]; strokes.push(now);
    });
    canvas.addEventListener('pointermove', function (e) {
      if (!now) return;
      e.preventDefault();
      (e.getCoalescedEvents && e.getCoalescedEvents().length ? e.getCoalescedEvents() : [e]).forEach(function (one) {
        var p = at(one), last = now[now.length - 1];
        if (Math.abs(p[0] - last[0]) + Math.abs(p[1] - last[1]) >= 3) now.push(p);
      });
      draw();
    });
    function up() { if (now && now.length < 2) strokes.pop(); now = null; draw(); }
    canvas.addEventListener('pointerup', up); canvas.addEventListener('pointercancel', up);
    $('[data-clear]', box).onclick = function () { strokes = []; draw(); };
    draw();
  }

  /* Only what the chosen way asks; without script all fields stand there, each with its ways */
  function ways(form) {
    var fields = $$('[data-ways]', form).filter(function (f) { return !$('[name="answer-way"]', f); });
    function show() {
      var way = ($('[name="answer-way"]:checked', form) || {}).value;
      fields.forEach(function (f) { f.hidden = !way || f.dataset.ways.split(' ').indexOf(way) < 0; });
    }
    if (!fields.length) return;
    $$('[data-plain]', form).forEach(function (x) { if (!x.closest('[data-capture]')) x.hidden = true; }); // a scan's own input is capture.js's to hide
    form.addEventListener('change', show); show();
  }

  function ready(scope) { $$('[data-sign]', scope).forEach(pad); $$('form', scope).forEach(ways); }
  ready(d);
  d.addEventListener('weimin:part', function (e) { if (!e.target.closest('form')) ready(e.target); });
})();
