package run

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/services/bench/internal/bare"
	"github.com/tradepost/tradepost/services/bench/internal/standin"

	"github.com/tradepost/tradepost/pkg/bus"
)

const (
	account    = "bench"
	connection = "bench-memory"
	// recordStream is the stream behind the bucket of the records.
	recordStream = "KV_" + bus.BucketInvoices
	// parallel is how many invoices each stage works on at once, and how many calls
	// to ServiceTrade may be under way, on both sides.
	parallel = 32
)

// pipeline is the product's side.
type pipeline struct {
	*process
	web *httptest.Server
	st  *standin.ServiceTrade
	js  jetstream.JetStream
}

func startPipeline(ctx context.Context, o Options, dir, url string, js jetstream.JetStream) (*pipeline, error) {
	st := standin.New()
	p := &pipeline{web: httptest.NewServer(st), st: st, js: js}
	config, err := writeConfig(dir, url, p.web.URL)
	if err == nil {
		p.process, err = startProcess(ctx, filepath.Join(dir, "stages.log"), []string{"TRADEPOST_CONFIG=" + config}, o.Stages)
	}
	if err != nil {
		p.web.Close()
		return nil, err
	}
	return p, nil
}

func (p *pipeline) stop() {
	p.process.stop()
	p.web.Close()
}

func (p *pipeline) send(_ context.Context, first int64, count int) ([]int64, error) {
	return p.st.Send(first, count), nil
}

// await waits for the status, and then for the message that follows the last change
// of the record, so that nothing of these invoices is counted later.
func (p *pipeline) await(ctx context.Context, ids []int64) error {
	if err := p.st.Await(ctx, ids); err != nil {
		return fmt.Errorf("%w: %s", err, p.tail())
	}
	for _, id := range ids {
		if _, err := p.last(ctx, bus.StreamEvents, subject(bus.StageSettled, id)); err != nil {
			return err
		}
	}
	return nil
}

func subject(stage bus.Stage, id int64) string {
	return bus.Subject{Stage: stage, Connection: connection, InvoiceID: id}.String()
}

func (p *pipeline) times(id int64) (known, settled time.Time) {
	t := p.st.Times(id)
	return t.Listed, t.Settled
}

func (p *pipeline) streams() jetstream.JetStream { return p.js }

// check makes sure that what was measured was the work: each invoice processed by
// one write, and nobody told of a fault.
func (p *pipeline) check(ids []int64) error {
	for _, id := range ids {
		if t := p.st.Times(id); t.Status != "processed" || t.Writes != 1 {
			return fmt.Errorf("invoice %d is %s after %d writes, not processed after one", id, t.Status, t.Writes)
		}
	}
	if n := p.st.Comments(); n != 0 {
		return fmt.Errorf("%d comments were written, none was expected", n)
	}
	return nil
}

// bodies reads what the pipeline wrote, for the chain to write the same.
func (p *pipeline) bodies(ctx context.Context, ids []int64) ([]bare.Bodies, error) {
	all := make([]bare.Bodies, len(ids))
	for i, id := range ids {
		all[i].ID = id
		for stage, into := range map[bus.Stage]*json.RawMessage{
			bus.StageReceived: &all[i].Received, bus.StageReady: &all[i].Ready,
			bus.StageOutcome: &all[i].Outcome, bus.StageSettled: &all[i].Settled,
		} {
			m, err := p.last(ctx, streamOf[stage], subject(stage, id))
			if err != nil {
				return nil, err
			}
			*into = m
		}
		m, err := p.last(ctx, recordStream, "$KV."+bus.BucketInvoices+"."+account+"."+strconv.FormatInt(id, 10))
		if err != nil {
			return nil, err
		}
		all[i].Record = m
	}
	return all, nil
}

var streamOf = map[bus.Stage]string{
	bus.StageReceived: bus.StreamReceived, bus.StageReady: bus.StreamReady,
	bus.StageOutcome: bus.StreamOutcome, bus.StageSettled: bus.StreamEvents,
}

func (p *pipeline) last(ctx context.Context, stream, subject string) ([]byte, error) {
	s, err := p.js.Stream(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("look at the stream %s: %w", stream, err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		m, err := s.GetLastMsgForSubject(ctx, subject)
		if err == nil {
			return m.Data, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("read the last message of %s: %w", subject, err)
		case <-tick.C:
		}
	}
}

func writeConfig(dir, nats, web string) (string, error) {
	files := map[string]any{
		"tradepost.yaml": map[string]any{
			"nats": map[string]any{"url": nats}, "secrets": map[string]any{"key_file": "secrets.key"},
			"log": map[string]any{"level": "warn", "format": "text"},
			"accounts": map[string]any{account: map[string]any{
				"time_zone": "America/Chicago",
				"servicetrade": map[string]any{
					"url": web + "/api", "username": "bench", "password": "bench", "invoice_entity_type": 3,
					"poll_interval": "1s", "max_parallel": parallel,
				},
			}},
			"connections": map[string]any{connection: map[string]any{
				"account": account, "connector": "memory", "mapping_file": "mapping.yaml",
			}},
		},
		"mapping.yaml": map[string]any{
			"version":   1,
			"customers": map[string]any{"match": []string{"table"}, "table": table("C", standin.Companies())},
			"items":     map[string]any{"match": []string{"table"}, "table": table("I", standin.Items())},
			"accounts":  map[string]any{"receivable": "receivable", "revenue_default": "revenue"},
			"tax":       map[string]any{"mode": "none"},
		},
	}
	for name, content := range files {
		text, err := yaml.Marshal(content)
		if err != nil {
			return "", fmt.Errorf("encode %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return "", fmt.Errorf("write the configuration of the benchmark: %w", err)
		}
	}
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	if err := os.WriteFile(filepath.Join(dir, "secrets.key"), []byte(key), 0o600); err != nil {
		return "", fmt.Errorf("write the configuration of the benchmark: %w", err)
	}
	return filepath.Join(dir, "tradepost.yaml"), nil
}

func table(prefix string, n int) map[string]string {
	t := map[string]string{}
	for i := 1; i <= n; i++ {
		t[strconv.Itoa(i)] = prefix + strconv.Itoa(i)
	}
	return t
}
