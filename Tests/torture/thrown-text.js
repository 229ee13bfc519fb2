// thrown-text
// expects: (load) not on this node
throw "not on this node";
