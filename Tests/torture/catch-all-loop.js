// catch-all-loop
// expects: (hook=onItemCaptured) stopped after computing for
function onItemCaptured() {
  for (;;) { try { for (;;) { try { throw null; } finally { continue; } } } catch (e) {} finally { continue; } }
}
