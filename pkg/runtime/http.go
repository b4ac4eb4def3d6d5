package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewHandler serves GET /healthz (liveness), /readyz (readiness) and /metrics.
// The first two answer 200 or 503, with a Report as JSON that names the check
// that fails and why.
func NewHandler(h *Health, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeReport(w, h.Liveness()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { writeReport(w, h.Readiness()) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return mux
}

func writeReport(w http.ResponseWriter, r Report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !r.OK() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r) // the asker is gone; it will ask again
}

// HTTPServer serves a process's pages.
type HTTPServer struct {
	listener net.Listener
	server   *http.Server
}

// Listen opens the address ("host:port"), so that a port that is taken is told
// before anything else is begun.
func Listen(address string, handler http.Handler) (*HTTPServer, error) {
	return ListenFor("http.listen, TRADEPOST_HTTP_LISTEN", address, handler)
}

// ListenFor is Listen for another address than that of the health pages; setting
// names where it comes from.
func ListenFor(setting, address string, handler http.Handler) (*HTTPServer, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (%s): %w", address, setting, err)
	}
	return &HTTPServer{listener: listener, server: &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}}, nil
}

// Addr is the address that is really listened on.
func (s *HTTPServer) Addr() string { return s.listener.Addr().String() }

// Serve answers until ctx ends, and then lets the answers under way finish.
func (s *HTTPServer) Serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(s.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve HTTP on %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.server.Shutdown(limit); err != nil {
		_ = s.server.Close() // whoever is still connected only watches
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP on %s: %w", s.Addr(), err)
	}
	return nil
}
