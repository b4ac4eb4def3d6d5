package connector

// Located is for connectors whose settings alone say where the books are. Two
// connections on the same books would take each other's documents for their own, so a
// configuration that leads two of them to one place is refused.
type Located interface {
	// Location names the place so that the same books have the same name, whatever the
	// settings are spelt like. It calls nobody. "" is for settings that do not say it.
	Location() string
}
