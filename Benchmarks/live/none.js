// Has no hook: packets go into the ring, and that is all
var nothing;
