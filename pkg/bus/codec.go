package bus

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/bus/keep"
)

// MaxBody is the largest body that is sent, in bytes. With its headers a message
// then fits in NATS's default limit of 1 MiB.
const MaxBody = 900 * 1024

var validator = sync.OnceValues(func() (protovalidate.Validator, error) { return protovalidate.New() })

// Encode returns m as protobuf JSON, fields that are not set left out, together with
// what Decode found that this version does not know. The bytes differ between
// builds (spaces); hash with package canonical, never these.
func Encode(m proto.Message) ([]byte, error) {
	body, err := keep.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", messageName(m), err)
	}
	return body, nil
}

// Validate checks m against the rules of its schema, as every consumer does. The
// error names each field and its rule.
func Validate(m proto.Message) error {
	v, err := validator()
	if err != nil {
		return fmt.Errorf("build the validator: %w", err)
	}
	err = v.Validate(m)
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return err
	}
	rules := make([]string, 0, len(broken.Violations))
	for _, violation := range broken.Violations {
		rules = append(rules, ruleInWords(violation))
	}
	return fmt.Errorf("%s breaks its schema: %s", messageName(m), strings.Join(rules, "; "))
}

func ruleInWords(v *protovalidate.Violation) string {
	words := v.String()
	if id := v.Proto.GetRuleId(); id != "" && !strings.Contains(words, "["+id+"]") {
		words += " (" + id + ")"
	}
	return words
}

// Decode reads the body of a message and checks it against its schema. Fields
// that this version does not know mean nothing here, but they are kept: a message
// that is sent on, or parked, has them still (package keep). The error is Poison and
// names the field and the rule.
func Decode(m Message, into proto.Message) error {
	err := keep.Unmarshal(m.Body, into)
	if err != nil {
		return Poison(CodeUnreadable, fmt.Errorf("%s: the body is no JSON of %s: %s", m.where(), messageName(into), plainSpaces(err.Error())))
	}
	if err := Validate(into); err != nil {
		return Poison(CodeInvalid, fmt.Errorf("%s: %w", m.where(), err))
	}
	return nil
}

// plainSpaces undoes protobuf's habit of varying the spaces of its error texts.
func plainSpaces(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

func messageName(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }
