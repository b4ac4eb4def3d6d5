package world

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Line is the connections of one process to one other place, which can be made bad.
type Line struct {
	mu      sync.Mutex
	proxies []*toxiproxy.Proxy
}

func newLine(server *toxiproxy.ApiServer, name string, upstreams ...string) (*Line, error) {
	l := &Line{}
	for i, upstream := range upstreams {
		p := toxiproxy.NewProxy(server, fmt.Sprintf("%s-%d", name, i), "127.0.0.1:0", upstream)
		if err := p.Start(); err != nil {
			return nil, fmt.Errorf("start the proxy %s: %w", name, err)
		}
		l.proxies = append(l.proxies, p)
	}
	return l, nil
}

// Addresses is where the process connects to.
func (l *Line) Addresses() []string {
	var all []string
	for _, p := range l.proxies {
		all = append(all, p.Listen)
	}
	return all
}

// Cut ends all connections and refuses new ones.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.proxies {
		if p.Enabled {
			p.Stop()
		}
	}
}

// Restore takes connections again, and ends what made them bad.
func (l *Line) Restore() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.proxies {
		p.Toxics.ResetToxics(context.Background())
		if p.Enabled {
			continue
		}
		if err := p.Start(); err != nil {
			return fmt.Errorf("start the proxy %s again: %w", p.Name, err)
		}
	}
	return nil
}

// Delay makes every piece of data wait, both ways.
func (l *Line) Delay(d time.Duration) error {
	return l.toxics("latency", fmt.Sprintf(`{"latency": %d, "jitter": %d}`, d.Milliseconds(), d.Milliseconds()/4))
}

// Swallow passes nothing on and ends no connection, as a firewall that forgot it.
func (l *Line) Swallow() error { return l.toxics("timeout", `{"timeout": 0}`) }

func (l *Line) toxics(kind, attributes string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.proxies {
		for _, stream := range []string{"upstream", "downstream"} {
			_, err := p.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(
				`{"name": %q, "type": %q, "stream": %q, "attributes": %s}`, kind+"-"+stream, kind, stream, attributes)))
			if err != nil && !errors.Is(err, toxiproxy.ErrToxicAlreadyExists) {
				return fmt.Errorf("make the proxy %s bad: %w", p.Name, err)
			}
		}
	}
	return nil
}

func (l *Line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.proxies {
		if p.Enabled {
			p.Stop()
		}
	}
}

func newProxies() *toxiproxy.ApiServer {
	return toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
}
