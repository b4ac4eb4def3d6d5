// Package keep reads and writes protobuf JSON without losing what this build does
// not know. Two versions of a service run at once during every roll-out: the older
// one must not wipe out what the newer one wrote.
//
// Members that the schema lacks, and names of enum values that it lacks, travel
// inside of the message that they stood in, so that they go where it goes: a copy
// has them, and a message that is dropped takes them along. Nothing that is hashed
// or compared by value sees them. Names of enum values in lists are lost.
package keep

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// holder is the number of the unknown field that holds what is kept, as a JSON
// object. It is the highest there is, and no schema of ours may use it.
const holder = protowire.MaxValidNumber

type object = map[string]json.RawMessage

// Unmarshal reads protobuf JSON into m and keeps what m's schema lacks. The error
// is that of protojson.
func Unmarshal(body []byte, m proto.Message) error {
	if protojson.Unmarshal(body, m) == nil {
		return nil
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, m); err != nil {
		return err
	}
	return collect(m.ProtoReflect(), body)
}

// Marshal returns m as protobuf JSON, with what Unmarshal kept. Where this build has
// set a field meanwhile, that counts. The bytes differ between builds (spaces).
func Marshal(m proto.Message) ([]byte, error) {
	body, err := protojson.Marshal(m)
	if err != nil || !holdsAny(m.ProtoReflect()) {
		return body, err
	}
	merged, err := restore(m.ProtoReflect(), body)
	if err != nil {
		return nil, fmt.Errorf("write what this version does not know: %w", err)
	}
	return merged, nil
}

// Carry gives to what from kept on its top level, unless to has kept something itself.
func Carry(from, to proto.Message) {
	f, t := from.ProtoReflect(), to.ProtoReflect()
	if f.IsValid() && t.IsValid() && len(t.GetUnknown()) == 0 && len(f.GetUnknown()) > 0 {
		t.SetUnknown(f.GetUnknown())
	}
}

// collect walks the message and the JSON that it was read from side by side.
func collect(m protoreflect.Message, body []byte) error {
	var members object
	if err := json.Unmarshal(body, &members); err != nil {
		return err
	}
	unknown := object{}
	for name, value := range members {
		fd := field(m, name)
		if fd == nil || isUnknownEnum(fd, value) {
			unknown[name] = value
			continue
		}
		if _, err := nested(m, fd, value, collectInto); err != nil {
			return err
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	kept, err := json.Marshal(unknown)
	if err != nil {
		return err
	}
	m.SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, holder, protowire.BytesType), kept))
	return nil
}

func collectInto(m protoreflect.Message, value json.RawMessage) (json.RawMessage, error) {
	return value, collect(m, value)
}

// restore returns body, which was made of m, with everything that m and the messages in it keep.
func restore(m protoreflect.Message, body json.RawMessage) (json.RawMessage, error) {
	var members object
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	for name, value := range members {
		merged, err := nested(m, field(m, name), value, restore)
		if err != nil {
			return nil, err
		}
		members[name] = merged
	}
	for name, value := range held(m) {
		if _, ok := members[name]; !ok {
			members[name] = value
		}
	}
	return json.Marshal(members)
}

// held returns what Unmarshal kept on this level.
func held(m protoreflect.Message) object {
	number, kind, n := protowire.ConsumeTag(m.GetUnknown())
	if n < 0 || number != holder || kind != protowire.BytesType {
		return nil
	}
	kept, size := protowire.ConsumeBytes(m.GetUnknown()[n:])
	var members object
	if size < 0 || json.Unmarshal(kept, &members) != nil {
		return nil
	}
	return members
}

func holdsAny(m protoreflect.Message) (found bool) {
	if len(m.GetUnknown()) > 0 {
		return true
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case !walkable(fd):
		case fd.IsList():
			for i := 0; i < v.List().Len() && !found; i++ {
				found = holdsAny(v.List().Get(i).Message())
			}
		default:
			found = holdsAny(v.Message())
		}
		return !found
	})
	return found
}
