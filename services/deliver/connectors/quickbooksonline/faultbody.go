package quickbooksonline

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
)

// apiFault is one error of QuickBooks' own list.
type apiFault struct {
	// Code without zeros in front: 6140.
	Code    string
	Message string
	Detail  string
	// Element is the field that it is about, where it told one.
	Element string
	// Type is the kind of the whole fault: ValidationFault, SERVICE.
	Type string
}

// String is what QuickBooks said.
func (f apiFault) String() string {
	text := fault.OneLine(f.Message)
	if detail := fault.OneLine(f.Detail); detail != "" && detail != text {
		if text != "" {
			text += ": "
		}
		text += detail
	}
	if f.Element != "" {
		text += " [" + fault.OneLine(f.Element) + "]"
	}
	return strings.TrimSpace(text + " (code " + f.Code + ")")
}

// word is a JSON string, or a number where a string is promised.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*w = word(s)
		return nil
	}
	*w = word(strings.Trim(string(raw), `"`))
	return nil
}

// faultBody is a fault in JSON. Names are read whatever their case: an answer to a
// token that was refused has them in lower case.
type faultBody struct {
	Fault *struct {
		Error []struct {
			Message word
			Detail  word
			Code    word `json:"code"`
			Element word `json:"element"`
		}
		Type word `json:"type"`
	}
}

// faultXML is a fault as it is told to callers that asked for JSON all the same.
type faultXML struct {
	Fault *struct {
		Type  string `xml:"type,attr"`
		Error []struct {
			Code    string `xml:"code,attr"`
			Element string `xml:"element,attr"`
			Message string
			Detail  string
		}
	}
}

// parseFaults reads the faults of an answer, whether JSON or XML. understood says that
// the answer is JSON, so that an answer without a fault can be believed.
func parseFaults(text []byte) (faults []apiFault, understood bool) {
	text = bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(text, []byte("<")) {
		return parseXML(text), false
	}
	var b faultBody
	if err := json.Unmarshal(text, &b); err != nil {
		return oddFault(text)
	}
	if b.Fault == nil {
		return nil, bytes.HasPrefix(text, []byte("{"))
	}
	for _, e := range b.Fault.Error {
		faults = append(faults, apiFault{
			Code: plainCode(string(e.Code)), Message: string(e.Message), Detail: string(e.Detail),
			Element: string(e.Element), Type: string(b.Fault.Type),
		})
	}
	if len(faults) == 0 {
		faults = []apiFault{{Type: string(b.Fault.Type)}}
	}
	return worstFirst(faults), true
}

// oddFault tells whether an answer that is JSON of another shape holds a fault all the same.
func oddFault(text []byte) (faults []apiFault, understood bool) {
	var b struct{ Fault json.RawMessage }
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, false
	}
	if len(b.Fault) > 0 && string(b.Fault) != "null" {
		return []apiFault{{Message: string(b.Fault)}}, true
	}
	return nil, true
}

func parseXML(text []byte) []apiFault {
	var b faultXML
	if err := xml.Unmarshal(text, &b); err != nil || b.Fault == nil {
		return nil
	}
	var faults []apiFault
	for _, e := range b.Fault.Error {
		faults = append(faults, apiFault{
			Code: plainCode(e.Code), Message: e.Message, Detail: e.Detail, Element: e.Element, Type: b.Fault.Type,
		})
	}
	if len(faults) == 0 {
		faults = []apiFault{{Type: b.Fault.Type}}
	}
	return worstFirst(faults)
}

// plainCode drops the zeros that some answers put in front: 003001.
func plainCode(code string) string {
	code = strings.TrimSpace(code)
	if plain := strings.TrimLeft(code, "0"); plain != "" {
		return plain
	}
	return code
}

// worstFirst puts the fault in front that decides what happens next.
func worstFirst(faults []apiFault) []apiFault {
	slices.SortStableFunc(faults, func(a, b apiFault) int { return rank(classOf(a.Code)) - rank(classOf(b.Code)) })
	return faults
}
