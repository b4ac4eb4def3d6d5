package snapshot

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Limit is the most bytes of protobuf JSON that a snapshot may have. It leaves
// room for the rest of the message below NATS's default of 1 MiB.
const Limit = 512 << 10

// maxText is the longest text, in bytes, that an oversize snapshot keeps.
const maxText = 1000

// fit leaves a snapshot within Limit alone. From a larger one it takes lines,
// notes and every text above maxText, and says so in Oversize; ids, number,
// status, total and customer stay, so that the refusal can name the invoice.
func fit(snap *tradepostv1.Snapshot) (cut bool, err error) {
	size, err := sizeOf(snap)
	if err != nil || size <= Limit {
		return false, err
	}
	inv := snap.GetInvoice()
	snap.Oversize = &tradepostv1.Oversize{
		Bytes:      int64(size),
		LimitBytes: Limit,
		Lines:      int32(len(inv.GetItems())),
	}
	inv.Items, inv.Notes = nil, ""
	dropLongTexts(snap.ProtoReflect())
	if size, err = sizeOf(snap); err != nil || size <= Limit {
		return true, err
	}
	// Many small parts of a related record; the invoice by itself is small now.
	snap.Customer, snap.Location, snap.Job = nil, nil, nil
	return true, nil
}

func sizeOf(m proto.Message) (int, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return 0, fmt.Errorf("measure the snapshot: %w", err)
	}
	return len(raw), nil
}

// dropLongTexts empties the texts above maxText in m and below.
func dropLongTexts(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			dropLongEntries(value.Map())
		case field.IsList() && field.Kind() == protoreflect.MessageKind:
			for i := range value.List().Len() {
				dropLongTexts(value.List().Get(i).Message())
			}
		case field.IsList():
		case field.Kind() == protoreflect.MessageKind:
			dropLongTexts(value.Message())
		case field.Kind() == protoreflect.StringKind && len(value.String()) > maxText:
			m.Clear(field)
		}
		return true
	})
}

func dropLongEntries(entries protoreflect.Map) {
	entries.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		if len(key.String())+len(value.String()) > maxText {
			entries.Clear(key)
		}
		return true
	})
}
