// Package answers reads what connectors of other people's making answer, over NATS or
// HTTP: the messages of proto/tradepost/v1/connector.proto, as JSON.
package answers

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// ErrUnreadable means that an answer is not as it is agreed.
var ErrUnreadable = errors.New("its answer cannot be read")

// ReasonUnreadable is the reason of Uncertain for such an answer to a write, and of Wait
// to a question; ReasonNoAnswer for none to a write.
const (
	ReasonUnreadable = "unreadable_answer"
	ReasonNoAnswer   = "no_answer"
)

// maxMessage bounds what is kept of a message, in characters.
const maxMessage = 500

// Read reads a message and checks it against its schema. Fields that this version does
// not know mean nothing. The error is an ErrUnreadable.
func Read(raw []byte, into proto.Message) error {
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if err := bus.Validate(into); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return nil
}

// Unexpected is the error, an ErrUnreadable, for an answer to another question.
func Unexpected(a *tradepostv1.ConnectorAnswer) error {
	field := a.ProtoReflect().WhichOneof(a.ProtoReflect().Descriptor().Oneofs().Get(0))
	return fmt.Errorf("%w: it answered with %q, which is no answer to this question", ErrUnreadable, field.JSONName())
}

// Unreadable is the error, an ErrUnreadable, for a question that was answered in a way that
// cannot be read: whoever asked waits, and asks again.
func Unreadable(scope tradepostv1.WaitScope, who string, err error) error {
	return &unreadable{connector.Stop(connector.Wait{Scope: scope, Reason: ReasonUnreadable, Message: who + ": " + err.Error()}), err}
}

type unreadable struct{ stop, cause error }

func (u *unreadable) Error() string   { return u.stop.Error() }
func (u *unreadable) Unwrap() []error { return []error{u.stop, u.cause} }

// Stopped is the error that holds the wait or the doubt with which a question was
// answered; nil where it was answered otherwise.
func Stopped(a *tradepostv1.ConnectorAnswer) error {
	switch {
	case a.GetWait() != nil:
		return connector.Stop(waitOf(a.GetWait()))
	case a.GetUncertain() != nil:
		return connector.Stop(uncertain(a.GetUncertain()))
	}
	return nil
}

// OfWrite is what was answered to a write, in the system of that title. An answer about
// another document than asked says nothing about this one.
func OfWrite(a *tradepostv1.ConnectorAnswer, asked Asked, title string) connector.Answer {
	if d := a.GetPosted().GetDocument(); d != nil {
		if err := asked.differs(d); err != nil {
			return connector.Uncertain{Reason: ReasonOther, Message: title + ": " + err.Error()}
		}
	}
	if d := a.GetRejected().GetDocument(); d != nil {
		// What stands in the way may well have another content.
		if err := (Asked{Marker: asked.Marker}).differs(d); err != nil {
			return connector.Uncertain{Reason: ReasonOther, Message: title + ": " + err.Error()}
		}
	}
	switch said := a.GetAnswer().(type) {
	case *tradepostv1.ConnectorAnswer_Posted:
		return connector.Posted{
			Document: Found(said.Posted.GetDocument()), NumberAssigned: said.Posted.GetNumberAssigned(), Adopted: said.Posted.GetAdopted(),
		}
	case *tradepostv1.ConnectorAnswer_Rejected:
		r := connector.Rejected{Faults: Faults(said.Rejected.GetFaults(), title)}
		if said.Rejected.GetDocument() != nil {
			there := Found(said.Rejected.GetDocument())
			r.Document = &there
		}
		return r
	case *tradepostv1.ConnectorAnswer_Wait:
		return waitOf(said.Wait)
	case *tradepostv1.ConnectorAnswer_Uncertain:
		return uncertain(said.Uncertain)
	}
	return connector.Uncertain{Reason: ReasonUnreadable, Message: title + ": " + Unexpected(a).Error()}
}

func uncertain(u *tradepostv1.Uncertain) connector.Uncertain {
	return connector.Uncertain{Reason: u.GetReason(), Message: message(u.GetMessage())}
}

func waitOf(w *tradepostv1.BooksWait) connector.Wait {
	return connector.Wait{Scope: w.GetScope(), For: Duration(w.GetFor()), Reason: w.GetReason(), Message: message(w.GetMessage())}
}

func message(text string) string { return fault.Clip(fault.OneLine(text), maxMessage) }

// Duration is a duration of the wire, 0 where it says nothing or less.
func Duration(d interface{ AsDuration() time.Duration }) time.Duration { return max(d.AsDuration(), 0) }

// Posting is a posting on the wire.
func Posting(p connector.Posting) *tradepostv1.AskCreate {
	return &tradepostv1.AskCreate{Document: p.Document, DocumentHash: p.DocumentHash, Key: p.Key, Generation: p.Generation}
}

// Found is a document of the wire.
func Found(d *tradepostv1.BooksDocument) connector.Found {
	return connector.Found{
		Kind: d.GetKind(), ID: d.GetId(), Number: d.GetNumber(), Version: d.GetVersion(), Total: d.GetTotal(),
		DocumentHash: d.GetDocumentHash(), IssueDate: d.GetIssueDate(), CustomerName: d.GetCustomerName(), Void: d.GetVoid(), URL: page(d.GetUrl()),
	}
}

// AllFound is Found for what was answered to a query. A document of another marker, that
// was not asked for by its id either, makes the answer an ErrUnreadable: it may be one to
// another question.
func AllFound(list []*tradepostv1.BooksDocument, q connector.Query) ([]connector.Found, error) {
	var found []connector.Found
	for _, d := range list {
		if err := (Asked{Marker: q.Marker}).differs(d); err != nil && (q.ID == "" || q.ID != d.GetId()) {
			return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		found = append(found, Found(d))
	}
	return found, nil
}

// Document is a document on the wire.
func Document(f connector.Found) *tradepostv1.BooksDocument {
	return &tradepostv1.BooksDocument{
		Kind: f.Kind, Id: f.ID, Number: f.Number, Version: f.Version, Total: f.Total,
		DocumentHash: f.DocumentHash, IssueDate: f.IssueDate, CustomerName: f.CustomerName, Void: f.Void, Url: f.URL,
	}
}

// Faults makes faults of those that were told. A code of the catalogue, with all that its
// texts need, is told in the catalogue's words; any other in the words that came.
func Faults(said []*tradepostv1.Fault, title string) []*tradepostv1.Fault {
	told := make([]*tradepostv1.Fault, 0, len(said))
	for _, f := range said {
		told = append(told, one(f, title))
	}
	return told
}

func one(f *tradepostv1.Fault, title string) *tradepostv1.Fault {
	if e, known := fault.Lookup(f.GetCode()); known && complete(e, f.GetParams()) {
		return fault.New(f.GetCode(), fault.Args{Path: f.GetPath(), Thing: f.GetThing(), Params: f.GetParams(), VendorText: f.GetVendorText(), VendorTraceID: f.GetVendorTraceId()})
	}
	told := fault.New("program.refused", fault.Args{
		Path: f.GetPath(), Thing: f.GetThing(), VendorText: f.GetVendorText(), VendorTraceID: f.GetVendorTraceId(),
		Params: map[string]string{"system": title, "reason": strings.TrimRight(f.GetMessage(), ". "), "fix": f.GetFix()},
	})
	told.Owner = f.GetOwner()
	return told
}

func complete(e fault.Entry, params map[string]string) bool {
	if e.Reserved || e.Code == fault.Unknown {
		return false
	}
	for _, p := range e.Params {
		if params[p] == "" {
			return false
		}
	}
	return true
}
