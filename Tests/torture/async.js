// async
// expects: (load) async function cannot be used: it would run outside every limit
async function forever() { for (;;) await null; }
