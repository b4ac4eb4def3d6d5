package connection

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// sameUser refuses two accounts that sign in as one user of ServiceTrade: they are one
// account there, each of its invoices would be pending in both, and be posted by a
// connection of each, under two markers. Accounts without an enabled connection count
// too, since one line enables it.
func (k *checker) sameUser() {
	seen := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(k.config.Accounts)) {
		st := k.config.Accounts[id].ServiceTrade
		who, name := st.user()
		if who == "" {
			continue
		}
		other, known := seen[who]
		if !known {
			seen[who] = id
			continue
		}
		_, otherName := k.config.Accounts[other].ServiceTrade.user()
		place := k.config.doc.place("accounts." + other + ".servicetrade." + otherName)
		k.add("accounts."+id+".servicetrade."+name,
			"keep one account, and give it all the connections, each with a filter; or sign in to the other company's account here",
			"the account %q signs in to the same ServiceTrade as the same %s (%s): each invoice would be posted twice", other, signer(name), place)
	}
}

// user is whom the account signs in as and where, in one writing, and the key that says
// so; "" where that is not known.
func (s ServiceTrade) user() (who, key string) {
	key, identity := "username", strings.ToLower(strings.TrimSpace(s.Username))
	if s.Auth == AuthOAuth2 {
		key, identity = "client_id", strings.TrimSpace(s.ClientID)
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || identity == "" {
		return "", key
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return strings.Join([]string{strings.ToLower(u.Hostname()), port, strings.TrimRight(u.Path, "/"), key, identity}, " "), key
}

func signer(key string) string {
	if key == "client_id" {
		return "OAuth2 client"
	}
	return "user"
}
