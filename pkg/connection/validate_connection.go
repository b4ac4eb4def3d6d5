package connection

import (
	"maps"
	"slices"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

func (k *checker) connection(c *Connection) {
	key := "connections." + c.ID
	if !idPattern.MatchString(c.ID) {
		k.add(key, idFix, "%q cannot be a connection's id", c.ID)
	}
	accounts := slices.Collect(maps.Keys(k.config.Accounts))
	switch {
	case c.AccountID == "":
		k.add(key+".account", "add the id of one of the accounts", "is missing")
	case c.Account == nil:
		k.add(key+".account", strictyaml.Suggest(c.AccountID, accounts), "there is no account %q", c.AccountID)
	}
	if c.Connector == "" {
		k.add(key+".connector", "add the kind of the accounting system, such as hledger", "is missing")
	}
	if c.Resend != ResendUpdate && c.Resend != ResendReject {
		k.add(key+".resend", "use update or reject", "%q is neither update nor reject", c.Resend)
	}
	if c.MappingFile == "" {
		k.add(key+".mapping_file", "add the path of the mapping's file, relative to this file", "is missing")
	}
}

// CheckConnectors finds the connections whose connector is not among kinds, the
// kinds that the program was built with. One without any is told by Load. The error
// is an *Error.
func (c *Config) CheckConnectors(kinds []string) error {
	k := &checker{config: c}
	for id, conn := range c.Connections {
		if conn.Connector != "" && !slices.Contains(kinds, conn.Connector) {
			k.add("connections."+id+".connector", strictyaml.Suggest(conn.Connector, kinds), "this program has no connector %q", conn.Connector)
		}
	}
	return strictyaml.AsError(k.problems)
}
