package asyncapi

import (
	"encoding/json"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

const (
	marker = "st-acme-2687264638045999"
	hash   = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

var day = timestamppb.New(time.Date(2026, 11, 22, 18, 30, 20, 0, time.UTC))

// named is an example of a message.
type named struct {
	name    string
	message proto.Message
}

func call(c *tradepostv1.ConnectorCall) *tradepostv1.ConnectorCall {
	c.Connection, c.Account, c.Deadline = "acme-books", "acme", day
	return c
}

func document() *tradepostv1.Document {
	return &tradepostv1.Document{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: marker, Number: "11653990", IssueDate: "2026-11-20", Currency: "USD",
		Source:   &tradepostv1.Source{Account: "acme", InvoiceId: 2687264638045999, InvoiceNumber: "11653990", Total: "522.50"},
		Customer: &tradepostv1.Customer{CompanyId: 4711, Name: "Acme Tower LLC", Reference: &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: "C100"}},
		Lines: []*tradepostv1.Line{{
			Key: "1", Kind: tradepostv1.LineKind_LINE_KIND_ITEM, Description: "Annual sprinkler inspection", Quantity: "2", UnitPrice: "261.25", Amount: "522.50",
		}},
		Totals: &tradepostv1.Totals{Subtotal: "522.50", Total: "522.50"},
	}
}

func booked() *tradepostv1.BooksDocument {
	return &tradepostv1.BooksDocument{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Id: "4017", Number: "11653990", Version: "1", Total: "522.50",
		DocumentHash: hash, IssueDate: "2026-11-20", CustomerName: "Acme Tower LLC",
		Marker: marker, Url: "https://books.example.com/invoices/4017",
	}
}

var all = map[string][]named{
	"DescribeConnector": {{"ask", &tradepostv1.DescribeConnector{}}},
	"ConnectorDescription": {{"program", &tradepostv1.ConnectorDescription{
		Protocol: 1, Version: "2026.11.1", Can: []string{"preview"}, AtomicMarker: true, SettlingTime: durationpb.New(2 * time.Second), Now: day,
		Lacks: map[string]string{"credit_memo": "the books take no credit memos"}, Lists: []string{"customer", "item"},
	}}},
	"ConnectorCall": {
		{"company", call(&tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Company{Company: &tradepostv1.AskCompany{}}})},
		{"find", call(&tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Find{Find: &tradepostv1.AskFind{
			Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, Marker: marker, Number: "11653990",
		}}})},
		{"create", call(&tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_Create{Create: &tradepostv1.AskCreate{
			Document: document(), DocumentHash: hash, Key: hash[:50], Generation: 1,
		}}})},
		{"list", call(&tradepostv1.ConnectorCall{Operation: &tradepostv1.ConnectorCall_List{List: &tradepostv1.AskList{Kind: "customer", After: "C200"}}})},
	},
	"ConnectorAnswer": {
		{"company", &tradepostv1.ConnectorAnswer{Answer: &tradepostv1.ConnectorAnswer_Company{Company: &tradepostv1.BooksCompany{Id: "b7c1", Name: "Acme Fire Protection"}}}},
		{"nothing found", &tradepostv1.ConnectorAnswer{Answer: &tradepostv1.ConnectorAnswer_Found{Found: &tradepostv1.BooksFound{}}}},
		{"posted", &tradepostv1.ConnectorAnswer{Answer: &tradepostv1.ConnectorAnswer_Posted{Posted: &tradepostv1.BooksPosted{Document: booked()}}}},
		{"list", &tradepostv1.ConnectorAnswer{Answer: &tradepostv1.ConnectorAnswer_List{List: &tradepostv1.BooksList{
			Records: []*tradepostv1.BooksRecord{{Id: "88", Code: "C200", Name: "Harbor Point"}, {Id: "89", Code: "C201", Name: "Old Mill", Inactive: true}}, Next: "C300",
		}}}},
		{"rejected", &tradepostv1.ConnectorAnswer{Answer: &tradepostv1.ConnectorAnswer_Rejected{Rejected: &tradepostv1.BooksRejected{Faults: []*tradepostv1.Fault{{
			Code: "books.job_closed", Thing: "Job 1042", Message: "the job is closed", Fix: "Reopen the job in the books.", Owner: tradepostv1.FaultOwner_FAULT_OWNER_BOOKKEEPER,
		}}}}}},
		{"wait", &tradepostv1.ConnectorAnswer{Answer: &tradepostv1.ConnectorAnswer_Wait{Wait: &tradepostv1.BooksWait{
			Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, For: durationpb.New(time.Minute), Reason: "closed", Message: "the books are closed for the night",
		}}}},
	},
}

// examples are those of a message, as JSON that has the same bytes in every build.
func examples(message string) []any {
	var list []any
	for _, e := range all[message] {
		var payload any
		raw, err := protojson.Marshal(e.message)
		if err == nil {
			err = json.Unmarshal(raw, &payload)
		}
		if err != nil { // The examples are constants of this file.
			panic(err)
		}
		list = append(list, object{"name": e.name, "payload": payload})
	}
	return list
}
