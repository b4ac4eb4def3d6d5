package bare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Bodies is what the pipeline wrote for one invoice: the chain writes the same.
type Bodies struct {
	ID       int64           `json:"id"`
	Received json.RawMessage `json:"received"`
	Ready    json.RawMessage `json:"ready"`
	Outcome  json.RawMessage `json:"outcome"`
	Settled  json.RawMessage `json:"settled"`
	// Record is the invoice's record when it was closed.
	Record json.RawMessage `json:"record"`
}

// WriteBodies writes one line of JSON for each invoice.
func WriteBodies(path string, all []Bodies) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the bodies of the messages: %w", err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for _, b := range all {
		if err := enc.Encode(b); err != nil {
			return fmt.Errorf("write the bodies of invoice %d: %w", b.ID, err)
		}
	}
	return w.Flush()
}

// set is Bodies, decoded: each stage encodes its own anew.
type set struct {
	received *tradepostv1.InvoiceReceived
	ready    *tradepostv1.InvoiceReady
	outcome  *tradepostv1.InvoiceOutcome
	settled  *tradepostv1.InvoiceSettled
	record   *tradepostv1.Record
}

func readBodies(path string) (map[int64]*set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the bodies of the messages: %w", err)
	}
	defer f.Close()
	all := map[int64]*set{}
	dec := json.NewDecoder(bufio.NewReader(f))
	for {
		var b Bodies
		if err := dec.Decode(&b); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the bodies in %s: %w", path, err)
		}
		one, err := b.decode()
		if err != nil {
			return nil, fmt.Errorf("read the bodies of invoice %d in %s: %w", b.ID, path, err)
		}
		all[b.ID] = one
	}
}

func (b Bodies) decode() (*set, error) {
	s := &set{
		received: &tradepostv1.InvoiceReceived{}, ready: &tradepostv1.InvoiceReady{},
		outcome: &tradepostv1.InvoiceOutcome{}, settled: &tradepostv1.InvoiceSettled{}, record: &tradepostv1.Record{},
	}
	for _, one := range []struct {
		body json.RawMessage
		into proto.Message
	}{{b.Received, s.received}, {b.Ready, s.ready}, {b.Outcome, s.outcome}, {b.Settled, s.settled}, {b.Record, s.record}} {
		if err := protojson.Unmarshal(one.body, one.into); err != nil {
			return nil, err
		}
	}
	return s, nil
}
