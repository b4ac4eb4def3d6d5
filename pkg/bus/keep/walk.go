package keep

import (
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// field finds a member's field by its JSON name or its name in the schema: readers take both.
func field(m protoreflect.Message, name string) protoreflect.FieldDescriptor {
	fields := m.Descriptor().Fields()
	if fd := fields.ByJSONName(name); fd != nil {
		return fd
	}
	return fields.ByTextName(name)
}

func isUnknownEnum(fd protoreflect.FieldDescriptor, value json.RawMessage) bool {
	if fd.Kind() != protoreflect.EnumKind || fd.Cardinality() == protoreflect.Repeated {
		return false
	}
	var name string
	return json.Unmarshal(value, &name) == nil && name != "" && fd.Enum().Values().ByName(protoreflect.Name(name)) == nil
}

// walkable tells whether a field holds messages of ours, alone or in a list. Those of
// google.protobuf have JSON of their own. Our schemas have no maps.
func walkable(fd protoreflect.FieldDescriptor) bool {
	return fd.Kind() == protoreflect.MessageKind && !fd.IsMap() &&
		!strings.HasPrefix(string(fd.Message().FullName()), "google.protobuf.")
}

// nested calls visit for each message in a field, with its JSON, and returns the
// field's JSON made of what visit returned.
func nested(m protoreflect.Message, fd protoreflect.FieldDescriptor, value json.RawMessage,
	visit func(protoreflect.Message, json.RawMessage) (json.RawMessage, error),
) (json.RawMessage, error) {
	if !walkable(fd) || !m.Has(fd) {
		return value, nil
	}
	if !fd.IsList() {
		return visit(m.Get(fd).Message(), value)
	}
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return nil, err
	}
	list := m.Get(fd).List()
	for i := range min(len(items), list.Len()) {
		var err error
		if items[i], err = visit(list.Get(i).Message(), items[i]); err != nil {
			return nil, err
		}
	}
	return json.Marshal(items)
}
