package receiver

import (
	"encoding/json"
	"errors"
	"net/http"
)

// post does what a call asks for. key is that of the header, which the signature vouches
// for; what changes nothing has none.
func (r *Receiver) post(w http.ResponseWriter, body []byte, key string) {
	var c call
	if err := json.Unmarshal(body, &c); err != nil {
		respond(w, http.StatusBadRequest, object{"error": "no call"})
		return
	}
	switch {
	case c.List != nil:
		part, err := r.list(*c.List)
		answer(w, object{"list": part}, err)
	case c.Preview != nil:
		d, err := documentOf(c.Preview.Document)
		answer(w, object{"faults": object{"faults": wrong(d)}}, err)
	case key == "":
		respond(w, http.StatusBadRequest, object{"error": "a write needs an idempotency key"})
	case c.Create != nil && c.Create.Key == key:
		r.create(w, c)
	case c.Update != nil && c.Update.Posting.Document != nil:
		r.update(w, c, key)
	case c.Void != nil:
		r.changed(w, c.Void.Found.ID)(r.change(key, c.Deadline, c.Void.Found, nil))
	default:
		respond(w, http.StatusBadRequest, object{"error": "no operation that is known here, or another key than that of the header"})
	}
}

func (r *Receiver) create(w http.ResponseWriter, c call) {
	d, err := documentOf(c.Create.Document)
	if err != nil {
		respond(w, http.StatusBadRequest, object{"error": err.Error()})
		return
	}
	if refused(w, d) {
		return
	}
	name, made, err := r.make(d.Marker, c)
	if err != nil {
		answer(w, nil, err)
		return
	}
	there, err := r.read(name)
	switch {
	case err != nil:
		answer(w, nil, err)
	case there.DocumentHash != c.Create.DocumentHash || there.changed():
		respond(w, http.StatusUnprocessableEntity, object{"rejected": object{"faults": []object{taken(d.Marker)}}})
	default:
		answer(w, object{"posted": object{"document": there.shown(name), "adopted": !made}}, nil)
	}
}

func (r *Receiver) update(w http.ResponseWriter, c call, key string) {
	d, err := documentOf(c.Update.Posting.Document)
	if err != nil {
		respond(w, http.StatusBadRequest, object{"error": err.Error()})
		return
	}
	if refused(w, d) {
		return
	}
	r.changed(w, c.Update.Found.ID)(r.change(key, c.Deadline, c.Update.Found, &c.Update.Posting))
}

// changed answers with what became of a change.
func (r *Receiver) changed(w http.ResponseWriter, id string) func(now kept, before bool, err error) {
	return func(now kept, before bool, err error) {
		answer(w, object{"posted": object{"document": now.shown(id + ".json"), "adopted": before}}, err)
	}
}

// answer says what became of a call. Only an error that says for certain that nothing was
// done is a wait; after any other it is looked.
func answer(w http.ResponseWriter, done object, err error) {
	switch {
	case errors.Is(err, errLate):
		done = wait("fenced", err)
	case errors.Is(err, errChanged):
		done = wait("changed", err)
	case err != nil:
		respond(w, http.StatusInternalServerError, object{"error": err.Error()})
		return
	}
	respond(w, http.StatusOK, done)
}

func wait(reason string, err error) object {
	return object{"wait": object{"scope": "WAIT_SCOPE_INVOICE", "reason": reason, "message": err.Error()}}
}

func documentOf(raw json.RawMessage) (d document, err error) { return d, json.Unmarshal(raw, &d) }

// refused answers with what these books have against a document, if they have anything.
func refused(w http.ResponseWriter, d document) bool {
	faults := wrong(d)
	if len(faults) > 0 {
		respond(w, http.StatusUnprocessableEntity, object{"rejected": object{"faults": faults}})
	}
	return len(faults) > 0
}

func taken(marker string) object {
	return object{
		"code": "receiver.taken", "thing": marker, "message": "the books have it with other content",
		"fix": "Compare the two, and remove the wrong one.", "owner": "FAULT_OWNER_BOOKKEEPER",
	}
}

// wrong is what these books have against a document.
func wrong(d document) []object {
	if d.Currency == "USD" {
		return []object{}
	}
	return []object{{
		"code": "currency.not_in_books", "thing": "Currency", "params": object{"currency": d.Currency},
		"message": "the books are in USD", "fix": "Set up the currency.", "owner": "FAULT_OWNER_BOOKKEEPER",
	}}
}
