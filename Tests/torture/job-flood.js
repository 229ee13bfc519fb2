// job-flood
// expects: Error: the script has 100 jobs already, which is the limit (jobs)
for (var i = 0; ; i++) jobs.schedule("job " + i, "* * * * * *", function () {});
