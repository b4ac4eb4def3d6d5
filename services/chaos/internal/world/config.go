package world

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"github.com/goccy/go-yaml"
)

// The names of the run.
const (
	Account    = "chaos"
	Connection = "chaos-books"
)

// The credentials and the entity type of the sandbox unless it is told others.
const (
	username   = "integration"
	password   = "sandbox"
	entityType = 13
	// calls is how many calls to ServiceTrade may be under way.
	calls = 16
)

// addresses is where one process finds the rest of the world.
type addresses struct{ nats, serviceTrade, target string }

func (w *World) writeShared(s State) error {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	if err := os.WriteFile(w.path("secrets.key"), []byte(key), 0o600); err != nil {
		return fmt.Errorf("write the key for secrets: %w", err)
	}
	mapping := map[string]any{
		"version":              1,
		"customers":            map[string]any{"match": []string{"external_id", "table"}, "table": table(s.CustomerTable)},
		"items":                map[string]any{"match": []string{"external_id", "table"}, "table": table(s.ItemTable)},
		"tax":                  map[string]any{"mode": "none"},
		"books_closed_through": "2020-12-31",
	}
	maps.Copy(mapping, w.opt.Target.Mapping())
	return w.writeYAML("mapping.yaml", mapping)
}

// writeConfig writes the configuration of one process: they differ only in the
// proxies that they go through.
func (w *World) writeConfig(process string, s State, a addresses) (string, error) {
	c := w.opt.Target.Operator()
	if process != admin {
		c = w.opt.Target.Connection(a.target, w.opt.Crippled)
	}
	connection := map[string]any{
		"account": Account, "mapping_file": "mapping.yaml", "connector": c.Connector, "settings": c.Settings,
	}
	name := process + ".yaml"
	return w.path(name), w.writeYAML(name, map[string]any{
		"nats":    map[string]any{"url": a.nats, "replicas": len(nodeNames)},
		"secrets": map[string]any{"key_file": "secrets.key"},
		"log":     map[string]any{"format": "json", "level": "info"},
		"accounts": map[string]any{Account: map[string]any{
			"time_zone": s.TimeZone,
			"servicetrade": map[string]any{
				"url": a.serviceTrade + "/api", "username": username, "password": password,
				"invoice_entity_type": entityType, "poll_interval": "1s", "external_system": s.ExternalSystem, "max_parallel": calls,
			},
		}},
		"connections": map[string]any{Connection: connection},
	})
}

func table(rows []TableRow) map[string]string {
	t := map[string]string{}
	for _, r := range rows {
		t[strconv.FormatInt(r.ID, 10)] = r.Key
	}
	return t
}

func (w *World) writeYAML(name string, content any) error {
	text, err := yaml.Marshal(content)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(w.opt.Dir, name), text, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
