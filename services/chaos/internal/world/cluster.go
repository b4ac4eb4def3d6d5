package world

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Node is one server of the NATS cluster.
type Node struct {
	*Proc
	address string
	route   string
	store   string
}

const (
	// recovers is how long a node may take to catch up, starts how long one whose
	// store was emptied.
	recovers = 40 * time.Second
	starts   = 2 * time.Minute
)

// nodeNames are those of the cluster.
var nodeNames = []string{"nats-1", "nats-2", "nats-3"}

func (w *World) cluster() error {
	var routes []string
	for _, name := range nodeNames {
		address, route, monitor, err := threeAddresses()
		if err != nil {
			return err
		}
		n := &Node{address: address, route: route, store: w.path("store", name)}
		n.Proc = w.proc(name, "nats-server", []string{"-c", w.path(name + ".conf")}, nil, "http://"+monitor+"/healthz")
		w.Nodes = append(w.Nodes, n)
		routes = append(routes, "nats-route://"+route)
	}
	for _, n := range w.Nodes {
		if err := os.WriteFile(w.path(n.Name+".conf"), []byte(n.config(routes)), 0o600); err != nil {
			return fmt.Errorf("write the configuration of %s: %w", n.Name, err)
		}
	}
	return nil
}

func threeAddresses() (a, b, c string, err error) {
	for _, into := range []*string{&a, &b, &c} {
		if *into, err = freeAddress(); err != nil {
			return a, b, c, err
		}
	}
	return a, b, c, nil
}

// config keeps the nodes' own addresses from the clients, which would go round the
// proxies otherwise. sync_interval is what the product asks for.
func (n *Node) config(routes []string) string {
	_, monitor, _ := strings.Cut(strings.TrimSuffix(n.ready, "/healthz"), "//")
	return fmt.Sprintf(`server_name: %s
listen: %q
http: %q
jetstream { store_dir: %q, sync_interval: always }
cluster { name: chaos, listen: %q, no_advertise: true, routes: [%s] }
`, n.Name, n.address, monitor, n.store, n.route, strings.Join(routes, ", "))
}

// StartNodes starts all nodes and waits until the cluster is whole.
func (w *World) StartNodes(ctx context.Context) error {
	for _, n := range w.Nodes {
		if err := n.Start(); err != nil {
			return err
		}
	}
	return w.AwaitNodes(ctx)
}

// AwaitNodes waits until every node has caught up. A node that cannot (nats-server
// sometimes cannot read a compressed block that kill -9 left) is given an empty
// store, as an operator would, and fetches all from the others; Emptied counts them.
func (w *World) AwaitNodes(ctx context.Context) error {
	began := time.Now()
	for _, n := range w.Nodes {
		limited, cancel := context.WithDeadline(ctx, began.Add(recovers))
		err := n.AwaitReady(limited)
		cancel()
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		if err := w.empty(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// empty gives a node an empty store and waits until it has caught up.
func (w *World) empty(ctx context.Context, n *Node) error {
	w.Emptied.Add(1)
	w.opt.Log.Warn("a node does not recover, and is given an empty store", "node", n.Name)
	n.Kill()
	if err := os.Rename(n.store, w.path(fmt.Sprintf("broken-%s-%d", n.Name, w.Emptied.Load()))); err != nil {
		return fmt.Errorf("put the store of %s aside: %w", n.Name, err)
	}
	if err := n.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, starts)
	defer cancel()
	return n.AwaitReady(ctx)
}

// KillNodes kills all nodes at once.
func (w *World) KillNodes() {
	for _, n := range w.Nodes {
		n.Kill()
	}
}

// WipeStore removes what the nodes have on disk. They must be down.
func (w *World) WipeStore() error {
	if err := os.RemoveAll(w.path("store")); err != nil {
		return fmt.Errorf("wipe the store: %w", err)
	}
	return nil
}

// CopyStore keeps a copy of what the nodes have on disk. They must be down.
func (w *World) CopyStore() error {
	if err := os.RemoveAll(w.path("copy")); err != nil {
		return fmt.Errorf("remove the older copy: %w", err)
	}
	if err := os.CopyFS(w.path("copy"), os.DirFS(w.path("store"))); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	return nil
}

// RestoreStore puts the copy in the place of what the nodes have. They must be down.
func (w *World) RestoreStore() error {
	if err := w.WipeStore(); err != nil {
		return err
	}
	if err := os.CopyFS(w.path("store"), os.DirFS(w.path("copy"))); err != nil {
		return fmt.Errorf("put the copy back: %w", err)
	}
	return nil
}

// connect is the harness's own connection, which no fault touches.
func (w *World) connect() (*nats.Conn, error) {
	nc, err := nats.Connect(w.directURL(), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.RetryOnFailedConnect(true),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // Cut connections are what this is about.
	if err != nil {
		return nil, fmt.Errorf("connect to the cluster: %w", err)
	}
	return nc, nil
}

func (w *World) directURL() string {
	var all []string
	for _, n := range w.Nodes {
		all = append(all, "nats://"+n.address)
	}
	return strings.Join(all, ",")
}

func (w *World) path(parts ...string) string {
	return filepath.Join(append([]string{w.opt.Dir}, parts...)...)
}
