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
    if ((t = hit('[data-dialog]')) && (m = $(t.hash)) && m.showModal) { e.preventDefault(); m.showModal(); }
    if ((t = hit('[data-close]')) && t.closest('dialog').open) { e.preventDefault(); t.closest('dialog').close(); }
    if ((t = hit('[data-item]'))) memo(sessionStorage, 'at', t.id);
    $$('[data-menu][open]').forEach(function (x) { if (!x.contains(e.target)) x.open = false; });
  });

  /* Keys: j k / ? Escape and the letters that buttons carry */
  function items() { return $$('[data-list] [data-item]').filter(function (x) { return x.offsetParent; }); }
  on('keydown', function (e) {
    var el = d.activeElement, m, list, i;
    if (e.key === 'Escape' && (m = $('[data-menu][open]'))) { m.open = false; $('summary', m).focus(); return; }
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

  /* A page, or a part that htmx brought */
  function ready(scope) {
    var m = $('[data-errors]', scope), at = memo(sessionStorage, 'at');
    $$('[data-keys-off]', scope).forEach(function (c) { c.checked = memo(localStorage, 'keys') === 'off'; });
    drafts(scope); count();
    if (m) m.focus();
    else if (at && (m = d.getElementById(at)) && d.activeElement === d.body) m.focus();
    if ((m = $('.side [aria-current]', scope)) && innerWidth < 1024) m.parentNode.parentNode.scrollLeft = m.offsetLeft - 16;
    if ((m = $('.pane-list [data-item][aria-current]', scope)) && getComputedStyle(m.closest('.pane-list')).overflowY === 'auto') m.scrollIntoView({ block: 'nearest' });
  }
  ready(d);
  on('htmx:load', function (e) { if (e.detail.elt !== d.body) ready(e.detail.elt); });
})();
