package quickbooks

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"

	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// trouble is met by every call, or by every write of a document, while on.
func (c *company) trouble(word string) func(on bool) {
	none := ""
	return func(on bool) {
		if on {
			c.met.Store(&word)
		} else {
			c.met.Store(&none)
		}
	}
}

func (c *company) serve(w http.ResponseWriter, r *http.Request) {
	write := r.Method == http.MethodPost && (strings.Contains(r.URL.Path, "/invoice") || strings.Contains(r.URL.Path, "/creditmemo"))
	switch met := *c.met.Load(); {
	case met == "lost" && write:
		c.stand.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case met == "error_after" && write:
		c.stand.ServeHTTP(httptest.NewRecorder(), r)
		answer(w, http.StatusInternalServerError, `{"Fault":{"Error":[{"Message":"System Failure","code":"10000"}],"type":"SystemFault"}}`)
	case met == "slow" && write:
		c.stand.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
		<-r.Context().Done()
	case met == "reminded" && write:
		c.met.Store(new(string)) // Once: somebody sends a reminder before the write arrives.
		c.remind()
		c.stand.ServeHTTP(w, r)
	case met == "reminded_always" && write:
		c.remind()
		c.stand.ServeHTTP(w, r)
	case met == "signed_out":
		answer(w, http.StatusUnauthorized, `{"warnings":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired","code":"3200","element":null}],"type":"AUTHENTICATION"}}`)
	case met == "throttled":
		answer(w, http.StatusForbidden, `<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=403</Message></Error></Fault></IntuitResponse>`)
	case met == "forbidden":
		answer(w, http.StatusUnauthorized, `{"Fault":{"Error":[{"Message":"Authorization Failure","code":"120"}],"type":"AuthorizationFault"}}`)
	case met == "unpaid" && r.Method == http.MethodPost:
		answer(w, http.StatusBadRequest, `{"Fault":{"Error":[{"Message":"Invalid Company Status","Detail":"Subscription period has ended","code":"6190"}],"type":"ValidationFault"}}`)
	case met == "away" && r.Method == http.MethodPost:
		answer(w, http.StatusBadRequest, `{"Fault":{"Error":[{"Message":"Company under maintenance","code":"150"}],"type":"SystemFault"}}`)
	default:
		c.stand.ServeHTTP(w, r)
	}
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("intuit_tid", "1-tid-of-the-trouble")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// remind changes every invoice in a way that is none of its content.
func (c *company) remind() {
	for _, o := range c.stand.API.Objects(c.realm, "Invoice") {
		changed := maps.Clone(o)
		changed["EmailStatus"], changed["BillEmail"] = "NeedToSend", stand.Object{"Address": "ap@acme.example"}
		c.put("Invoice", changed)
	}
}
