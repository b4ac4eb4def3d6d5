package connection

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRead looks for a file that ends the program, or that is taken although
// something is missing.
func FuzzRead(f *testing.F) {
	f.Add([]byte(ExampleConfig()))
	f.Add([]byte("accounts: {a: {time_zone: UTC, servicetrade: {username: u, password: p, invoice_entity_type: 1}}}\n"))
	f.Add([]byte("connections: {c: {account: a}}\n"))
	f.Add([]byte("accounts:\n  a:\nconnections:\n  c:\n"))
	f.Add([]byte("connections: {c: {account: a, filter: otherwise}, d: {account: a, filter: {offices: [1], job_tags: [x]}}}\n"))
	f.Add([]byte("- a\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := read(dir+"/tradepost.yaml", data, map[string]string{"ACME_SERVICETRADE_PASSWORD": "x", "ACME_WEBHOOK_SECRET": "0123456789abcdef01234567"})
		require.NotNil(t, c)
		for _, p := range problems {
			require.NotEmpty(t, p.What)
		}
		if len(problems) > 0 {
			return
		}
		require.NotEmpty(t, c.Accounts)
		for _, conn := range c.Connections {
			require.NotNil(t, conn.Account)
			require.NotNil(t, conn.Mapping)
		}
	})
}
