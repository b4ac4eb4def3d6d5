package fault

// reserved are the codes that nothing raises yet: words that connectors being written
// share, so that they all say the same. They do not count as codes of the catalogue. A
// test refuses one that is raised, and one that is not raised and not here.
var reserved []string
