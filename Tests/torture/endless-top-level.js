// endless-top-level
// expects: (load) stopped after computing for
try { for (;;) {} } catch (e) {}
