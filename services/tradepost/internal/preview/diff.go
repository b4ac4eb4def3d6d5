package preview

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Diff compares a document with the one that was posted before.
type Diff struct {
	// Against says what it was compared with; "" when nothing was.
	Against string `json:"against,omitempty"`
	// Changes are the fields that differ; none with Against set means that the
	// documents are the same.
	Changes []Change `json:"changes,omitempty"`
	// Cannot says why it could not be compared.
	Cannot string `json:"cannot,omitempty"`
}

// Change is one field that differs; "" stands for a field that is not there.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	Now    string `json:"now,omitempty"`
}

// diff compares with the document that the record says is in the books. Its body
// is in the stream of ready messages, as long as that keeps it.
func (v *Viewer) diff(ctx context.Context, now *tradepostv1.Document, r *tradepostv1.Record) *Diff {
	if v.o.JS == nil {
		return &Diff{Cannot: "what was posted is in the records and streams, and " + v.o.NoNATS}
	}
	posted := record.Live(r, now.GetKind())
	if posted == nil || posted.GetConnection() != v.o.Connection.ID {
		return &Diff{Cannot: fmt.Sprintf("no %s was posted for this invoice before", kindWord(now.GetKind()))}
	}
	before, sequence, err := v.stored(ctx, now.GetSource().GetInvoiceId(), posted.GetHash())
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return &Diff{Cannot: fmt.Sprintf("document %s of send %d is not in stream %s any more", posted.GetNumber(), posted.GetSend(), bus.StreamReady)}
	case err != nil:
		return &Diff{Cannot: "the stream could not be read: " + err.Error()}
	}
	return &Diff{
		Against: fmt.Sprintf("%s %s of send %d (message %d of %s)", kindWord(before.GetKind()), posted.GetNumber(), posted.GetSend(), sequence, bus.StreamReady),
		Changes: Compare(before, now),
	}
}

// stored finds the document of a hash among the invoice's ready messages; the
// newest wins. It makes no consumer: that would be a write.
func (v *Viewer) stored(ctx context.Context, id int64, hash string) (*tradepostv1.Document, uint64, error) {
	stream, err := v.o.JS.Stream(ctx, bus.StreamReady)
	if err != nil {
		return nil, 0, err
	}
	subject := bus.Subject{Stage: bus.StageReady, Connection: v.o.Connection.ID, InvoiceID: id}.String()
	var found *tradepostv1.Document
	var at uint64
	for next := uint64(1); ; {
		raw, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) && found != nil {
			return found, at, nil
		}
		if err != nil {
			return nil, 0, err
		}
		ready := &tradepostv1.InvoiceReady{}
		if bus.Decode(bus.Message{Body: raw.Data}, ready) == nil {
			for _, d := range ready.GetDocuments() {
				if h, err := invoice.HashOf(d); err == nil && h == hash {
					found, at = d, raw.Sequence
				}
			}
		}
		next = raw.Sequence + 1
	}
}

// Compare lists the fields in which two documents differ, in the order of their
// names, lines by their keys. The mapping hash is left out, as the document hash
// leaves it out.
func Compare(before, now *tradepostv1.Document) []Change {
	a, b := flat(before), flat(now)
	var changes []Change
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a[name] != b[name] {
			changes = append(changes, Change{Field: name, Before: a[name], Now: b[name]})
		}
	}
	return changes
}

// flat is every field of a document that is set, by its path.
func flat(d *tradepostv1.Document) map[string]string {
	fields := map[string]string{}
	flatten("", d.ProtoReflect(), fields)
	delete(fields, "mapping_hash")
	return fields
}

func flatten(path string, m protoreflect.Message, into map[string]string) {
	m.Range(func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		name := strings.TrimPrefix(path+"."+string(f.Name()), ".")
		switch {
		case f.IsMap():
			value.Map().Range(func(k protoreflect.MapKey, value protoreflect.Value) bool {
				into[fmt.Sprintf("%s[%s]", name, k)] = value.String()
				return true
			})
		case f.IsList():
			flattenList(name, f, value.List(), into)
		default:
			flattenValue(name, f, value, into)
		}
		return true
	})
}

func flattenList(name string, f protoreflect.FieldDescriptor, list protoreflect.List, into map[string]string) {
	for i := range list.Len() {
		key := fmt.Sprint(i)
		if f.Message() != nil {
			if line, ok := list.Get(i).Message().Interface().(*tradepostv1.Line); ok {
				key = line.GetKey()
			}
		}
		at := fmt.Sprintf("%s[%s]", name, key)
		if _, twice := into[at+".amount"]; twice {
			at = fmt.Sprintf("%s[%s, at %d]", name, key, i)
		}
		flattenValue(at, f, list.Get(i), into)
	}
}

func flattenValue(name string, f protoreflect.FieldDescriptor, value protoreflect.Value, into map[string]string) {
	switch {
	case f.Message() != nil:
		flatten(name, value.Message(), into)
	case f.Enum() != nil:
		into[name] = string(f.Enum().Values().ByNumber(value.Enum()).Name())
	default:
		into[name] = value.String()
	}
}

func kindWord(k tradepostv1.DocumentKind) string {
	if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return "credit memo"
	}
	return "invoice"
}
