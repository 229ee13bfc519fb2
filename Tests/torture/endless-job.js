// endless-job
// expects: (job=endless) stopped after computing for
jobs.schedule("endless", "0 0 0 1 1 *", function () { for (;;) {} }, 1);
