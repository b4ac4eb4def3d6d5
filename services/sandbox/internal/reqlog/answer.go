package reqlog

import (
	"net/http"
	"strconv"
)

// answerWriter remembers the status that was sent, and calls end before the last
// byte leaves. A client that knows the length of the answer is done with it
// before the handler has returned; net/http holds back the end of any other one.
type answerWriter struct {
	http.ResponseWriter
	end    func()
	status int
	sent   int64
}

// WriteHeader keeps the status.
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts as 200 when no status was sent before.
func (w *answerWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	length, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	if err == nil && w.sent+int64(len(b)) >= length {
		w.end()
	}
	n, err := w.ResponseWriter.Write(b)
	w.sent += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
