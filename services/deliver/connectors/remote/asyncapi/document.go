// Package asyncapi writes docs/connector.asyncapi.json, the description of the two
// subjects that a connector in any language listens to (AsyncAPI 3). It is made from
// the schemas of the messages, the comments in them, and the subjects of package remote,
// so that it says what the code does.
package asyncapi

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote"
)

type object = map[string]any

const about = `A connector of Tradepost may be a program of its own, in any language. It connects to Tradepost's NATS server, ` +
	`listens to the two subjects below with its name in a queue group, and answers each request with one message. Bodies are JSON. ` +
	`64-bit numbers are written as strings; readers ignore fields that they do not know, and a field that is left out has its zero value. ` +
	`A program that does not answer until the deadline leaves Tradepost in doubt: it looks again with find before anything else is made. ` +
	`Copies of a program share one queue group, so that each request reaches one of them; the first answer to a request counts, and one that comes after the deadline is dropped.`

// Page returns the document, ending with a line break. comments are the proto files of
// which the descriptions are taken.
func Page(comments ...[]byte) ([]byte, error) {
	s := &schemas{texts: textsOf(comments...), all: object{}}
	page := object{
		"asyncapi":           "3.0.0",
		"info":               object{"title": "Connectors of Tradepost", "version": fmt.Sprintf("%d.0.0", remote.Protocol), "description": about, "license": object{"name": "Apache-2.0"}},
		"defaultContentType": "application/json",
		"channels": object{
			"describe": channel(remote.SubjectDescribe+"{program}", "What is this program?", "DescribeConnector", "program"),
			"call":     channel(remote.SubjectCall+"{program}.{connection}", "Do one thing for a connection.", "ConnectorCall", "program", "connection"),
			"description": object{
				"address": nil, "description": "The inbox that the request names as its reply subject.", "messages": messages("ConnectorDescription"),
			},
			"answer": object{
				"address": nil, "description": "The inbox that the request names as its reply subject.", "messages": messages("ConnectorAnswer"),
			},
		},
		"operations": object{
			"describe": operation("describe", "description", "DescribeConnector", "ConnectorDescription", "Asked when a connection starts and by probes of a paused one. The answer must announce no less than the connection declares."),
			"call":     operation("call", "answer", "ConnectorCall", "ConnectorAnswer", "Asked for everything else. Nothing is written after the call's deadline, by the program's own clock."),
		},
	}
	described := object{}
	for _, m := range []proto.Message{&tradepostv1.DescribeConnector{}, &tradepostv1.ConnectorDescription{}, &tradepostv1.ConnectorCall{}, &tradepostv1.ConnectorAnswer{}} {
		d := m.ProtoReflect().Descriptor()
		s.add(d)
		name := string(d.Name())
		described[name] = object{
			"name": name, "summary": s.texts[name], "payload": ref("schemas", name), "examples": examples(name),
		}
	}
	page["components"] = object{"messages": described, "schemas": s.all}
	return encode(page)
}

func encode(page object) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(page); err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	return out.Bytes(), nil
}

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

func messages(name string) object { return object{name: ref("messages", name)} }

var parameters = map[string]string{
	"program":    "The program's name: small letters, digits and hyphens, at most 40. The setting program of the connection.",
	"connection": "The id of the connection that posts. A program listens to all: connector.call.<program>.*",
}

func channel(address, description, message string, params ...string) object {
	described := object{}
	for _, p := range params {
		described[p] = object{"description": parameters[p]}
	}
	return object{"address": address, "description": description, "messages": messages(message), "parameters": described}
}

func operation(channel, reply, request, answer, description string) object {
	at := func(channel, message string) object {
		return object{"$ref": "#/channels/" + channel + "/messages/" + message}
	}
	return object{
		"action": "receive", "description": description, "channel": object{"$ref": "#/channels/" + channel}, "messages": []any{at(channel, request)},
		"bindings": object{"nats": object{"queue": "{program}"}},
		"reply":    object{"channel": object{"$ref": "#/channels/" + reply}, "messages": []any{at(reply, answer)}},
	}
}

// schemas collects the schema of each message and enum that is reached.
type schemas struct {
	texts map[string]string
	all   object
}

func (s *schemas) add(d protoreflect.MessageDescriptor) {
	name := string(d.Name())
	if _, there := s.all[name]; there {
		return
	}
	schema := object{"type": "object"}
	s.all[name] = schema // before its fields: they may lead back to it
	if text := s.texts[name]; text != "" {
		schema["description"] = text
	}
	properties, required := object{}, []string{}
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		properties[f.JSONName()] = s.field(name, f)
		if rules(f).GetRequired() {
			required = append(required, f.JSONName())
		}
	}
	schema["properties"] = properties
	if len(required) > 0 {
		schema["required"] = required
	}
	for i := range d.Oneofs().Len() {
		schema["oneOf"] = choices(d.Oneofs().Get(i))
	}
}

func choices(o protoreflect.OneofDescriptor) []any {
	var one []any
	for i := range o.Fields().Len() {
		one = append(one, object{"required": []string{o.Fields().Get(i).JSONName()}})
	}
	return one
}
