// endless-shared-getter
// expects: (hook=onItemCaptured) stopped after computing for
function onItemCaptured(data) {
  if (data.number === 1) this.trap = { toJSON: function () { for (;;) {} } };
}
