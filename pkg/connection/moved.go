package connection

import (
	"maps"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// accountsOf is which account each connection belongs to, those of before included: an
// id is never used for another account, also when it was out of the file for a while.
func accountsOf(before map[string]string, c *Config) map[string]string {
	all := maps.Clone(before)
	if all == nil {
		all = map[string]string{}
	}
	for id, one := range c.Connections {
		all[id] = one.AccountID
	}
	return all
}

// moved refuses a connection that belonged to another account before. Its records,
// messages and documents are the other account's invoices, and invoices of two accounts
// may have the same number. The error is an *Error.
func (c *Config) moved(belonged map[string]string) error {
	k := &checker{config: c}
	for id, one := range c.Connections {
		if was, known := belonged[id]; known && was != one.AccountID {
			k.add("connections."+id+".account", "give the connection of account "+one.AccountID+" an id of its own",
				"connection %s belongs to account %q, and cannot be given to another one", id, was)
		}
	}
	return strictyaml.AsError(k.problems)
}
