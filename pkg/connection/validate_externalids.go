package connection

import (
	"maps"
	"regexp"
	"slices"

	"github.com/tradepost/tradepost/pkg/mapping"
)

// externalSystem is what ServiceTrade accepts as the name of an external system.
var externalSystem = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// externalIDs checks the connections that write external ids: there has to be a
// system to write them under, and one system holds the ids of one set of books, since
// each record has one value in it.
func (k *checker) externalIDs() {
	writers := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(k.config.Connections)) {
		c := k.config.Connections[id]
		if !c.WriteExternalIDs || c.Account == nil {
			continue
		}
		key, system := "connections."+id+".write_external_ids", c.Account.ServiceTrade.ExternalSystem
		switch other := writers[c.AccountID]; {
		case system == "":
			k.add(key, "add external_system to the account, with the system's name from ServiceTrade's Account Settings, or leave this out",
				"the account %q has no external_system that ids could be written under", c.AccountID)
		case !externalSystem.MatchString(system):
			k.add("accounts."+c.AccountID+".servicetrade.external_system", "write the system's name, not its label, as ServiceTrade's Account Settings show it",
				"%q cannot be the name of an external system: those begin with a letter and hold a-z, 0-9 and _", system)
		case other != "":
			k.add(key, "let one connection of an account write external ids",
				"the connection %q writes external ids to the same account already; the ids of two sets of books would be mixed up", other)
		}
		writers[c.AccountID] = id
	}
}

// mixedIDs refuses a connection that writes external ids where another one of the
// account finds its customers by them: that one would read the ids of other books, and
// post to whichever customer has the same id in its own. Disabled ones count, since the
// ids stay. The mappings have to be read.
func (c *Config) mixedIDs() []Problem {
	k := &checker{config: c}
	for _, id := range slices.Sorted(maps.Keys(c.Connections)) {
		if !c.Connections[id].WriteExternalIDs || c.Connections[id].AccountID == "" {
			continue
		}
		for _, other := range c.ConnectionsOf(c.Connections[id].AccountID) {
			if other.ID == id || other.Mapping == nil || !slices.Contains(other.Mapping.Customers.Match, mapping.MatchExternalID) {
				continue
			}
			k.add("connections."+id+".write_external_ids",
				"leave it out here, or leave external_id out of customers.match in the mapping of "+other.ID+" (a table or names do it)",
				"the connection %q finds its customers by the same account's external ids (%s, mapping %s), and would read the ids of other books: it would post to wrong customers",
				other.ID, c.doc.place("connections."+other.ID+".mapping_file"), other.MappingFile)
			break
		}
	}
	return k.problems
}
