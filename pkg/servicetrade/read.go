package servicetrade

import (
	"encoding/json"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// ReadInvoice reads an invoice from JSON that somebody saved: an answer of the API
// as it came, or only the invoice in it. An error says why it is none.
func ReadInvoice(body []byte) (*tradepostv1.ServiceTradeInvoice, error) {
	e, err := decodeEnvelope(body)
	if err != nil {
		return nil, err
	}
	if e.data == nil {
		if body, err = json.Marshal(map[string]json.RawMessage{"data": body}); err != nil {
			return nil, err
		}
	}
	o, _, err := entity(body, "invoice")
	if err != nil {
		return nil, err
	}
	return decodeInvoice(body, o.integer("id"))
}
