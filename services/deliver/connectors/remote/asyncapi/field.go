package asyncapi

import (
	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// field is the schema of a field, with its description.
func (s *schemas) field(message string, f protoreflect.FieldDescriptor) object {
	schema := s.shape(f)
	if text := s.texts[message+"."+string(f.Name())]; text != "" {
		if _, refers := schema["$ref"]; refers { // nothing may stand beside a reference
			schema = object{"allOf": []any{schema}}
		}
		schema["description"] = text
	}
	return schema
}

func (s *schemas) shape(f protoreflect.FieldDescriptor) object {
	switch {
	case f.IsMap():
		return object{"type": "object", "additionalProperties": s.single(f.MapValue(), rules(f.MapValue()))}
	case f.IsList():
		list := object{"type": "array", "items": s.single(f, nil)}
		if least := rules(f).GetRepeated().GetMinItems(); least > 0 {
			list["minItems"] = least
		}
		return list
	}
	return s.single(f, rules(f))
}

// single is the schema of one value.
func (s *schemas) single(f protoreflect.FieldDescriptor, r *validate.FieldRules) object {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return object{"type": "boolean"}
	case protoreflect.StringKind:
		return text(r.GetString())
	case protoreflect.EnumKind:
		return s.enum(f.Enum(), r)
	case protoreflect.MessageKind:
		return s.message(f.Message())
	case protoreflect.Int64Kind:
		return object{"type": []string{"string", "integer"}, "pattern": "^-?[0-9]+$"}
	default: // The messages have no other numbers than int32.
		return object{"type": "integer"}
	}
}

func text(r *validate.StringRules) object {
	schema := object{"type": "string"}
	if r.GetPattern() != "" {
		schema["pattern"] = r.GetPattern()
	}
	if r.GetMinLen() > 0 {
		schema["minLength"] = r.GetMinLen()
	}
	if r.HasMaxLen() {
		schema["maxLength"] = r.GetMaxLen()
	}
	return schema
}

func (s *schemas) enum(d protoreflect.EnumDescriptor, r *validate.FieldRules) object {
	var words []string
	for i := range d.Values().Len() {
		v := d.Values().Get(i)
		if v.Number() == 0 && len(r.GetEnum().GetNotIn()) > 0 {
			continue
		}
		words = append(words, string(v.Name()))
	}
	return object{"type": "string", "enum": words}
}

func (s *schemas) message(d protoreflect.MessageDescriptor) object {
	switch d.FullName() {
	case "google.protobuf.Timestamp":
		return object{"type": "string", "format": "date-time"}
	case "google.protobuf.Duration":
		return object{"type": "string", "pattern": "^[0-9]+([.][0-9]+)?s$"}
	}
	s.add(d)
	return ref("schemas", string(d.Name()))
}

// rules are those that readers check a field by.
func rules(f protoreflect.FieldDescriptor) *validate.FieldRules {
	r, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
	return r
}
