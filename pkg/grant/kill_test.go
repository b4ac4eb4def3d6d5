package grant

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/keyring"
)

const (
	// helperVariable holds what a process that is going to be killed works with.
	helperVariable = "TRADEPOST_TEST_GRANT_HELPER"
	// fast is how much faster time passes for all who take part: an hour, the life of
	// an access token, in half a second.
	fast = 7200
	// A claim of the killed is over soon; a living process of a busy machine keeps to it.
	killedClaim, killedMargin = 3 * time.Second, time.Second
)

func TestMain(m *testing.M) {
	if with := os.Getenv(helperVariable); with != "" {
		fmt.Fprintln(os.Stderr, helper(strings.Split(with, " ")))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// fastClock is the same in all processes that know when it began.
func fastClock(start time.Time) func() time.Time {
	return func() time.Time { return start.Add(fast * time.Since(start)) }
}

// helper renews for ever, and writes down each step before it makes it.
func helper(with []string) error {
	ctx := context.Background()
	nc, err := bus.Connect(ctx, bus.ConnectOptions{URL: with[0], Name: "helper"})
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	began, err := strconv.ParseInt(with[1], 10, 64)
	if err != nil {
		return err
	}
	h, err := fastHolder(ctx, js, with[2], time.Unix(0, began), (&vendor{}).appAt(with[3]), func(point string) { fmt.Println(point) })
	if err != nil {
		return err
	}
	for {
		fmt.Println("token")
		if _, err := h.Token(ctx); err != nil {
			fmt.Println("none:", err)
		}
		sleep(ctx, 10*time.Millisecond)
	}
}

func fastHolder(ctx context.Context, js jetstream.JetStream, key string, start time.Time, app connector.SignIn, crash func(string)) (*Holder, error) {
	ring, err := keyring.Parse(key)
	if err != nil {
		return nil, err
	}
	k, err := Open(ctx, Options{JS: js, Ring: ring, Now: fastClock(start), ClaimTime: killedClaim, Crash: crash})
	if err != nil {
		return nil, err
	}
	k.margin = killedMargin
	return k.Tokens(conn, app), nil
}

// kills is how many processes TestNoKillLosesAConnection kills: TRADEPOST_TEST_KILLS,
// else a few.
func kills(t *testing.T) int {
	if text := os.Getenv("TRADEPOST_TEST_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	return 10
}

// Two processes renew all the time; one of them is killed (-9) at a random step, and
// another one takes its place: the connection is never lost.
func TestNoKillLosesAConnection(t *testing.T) {
	broker := bustest.Server(t)
	js, key, start := broker.JS(t), keyring.NewKey(), time.Now()
	v := newVendor(t, strict, fastClock(start))
	fresh := func() *Holder {
		h, err := fastHolder(t.Context(), js, key, start, v.app(), nil)
		require.NoError(t, err)
		return h
	}
	h := fresh()
	require.NoError(t, h.keeper.signIn(t.Context(), h, v.code(), "9130", false))

	with := strings.Join([]string{broker.URL(), strconv.FormatInt(start.UnixNano(), 10), key, v.URL}, " ")
	rng := rand.New(rand.NewPCG(seed(t), 9))
	at := map[string]int{}
	survivor := startProcess(t, with)
	lost := 0
	for n := range kills(t) {
		next := startProcess(t, with)
		at[survivor.killAt(rng)]++
		survivor = next
		if err := worksNow(t, fresh(), v); err != nil {
			lost++
			t.Errorf("kill %d, seed %d: %v", n, seed(t), err)
			h := fresh()
			require.NoError(t, h.keeper.signIn(t.Context(), h, v.code(), "9130", false))
		}
	}
	t.Logf("%d killed, %d calls to the vendor: %d connections lost; killed right after %v", kills(t), v.called(), lost, at)
	require.Zero(t, lost)
}

// worksNow tells why a new process gets no token that the vendor accepts.
func worksNow(t *testing.T, h *Holder, v *vendor) (err error) {
	bustest.EventuallyWithin(t, 2*time.Minute, func() error {
		token, got := h.Token(t.Context())
		switch fault, is := got.(*Error); { //nolint:errorlint // Token returns nothing else, and wraps nothing
		case is && fault.SignedOut():
			err = got
			return nil
		case got != nil:
			return got // over by itself
		case !v.accepts(token):
			return fmt.Errorf("the vendor does not accept %s", token) // it has just run out, with time as fast as that
		}
		return nil
	})
	return err
}

// process is one that can be killed.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	steps *bufio.Scanner
}

func startProcess(t *testing.T, with string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperVariable+"="+with)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{t: t, cmd: cmd, steps: bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	require.True(t, p.steps.Scan(), "the process did not begin")
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // SIGKILL
	_ = p.cmd.Wait()
}

// killAt kills the process after some steps of renewals, and returns the last one.
func (p *process) killAt(rng *rand.Rand) (step string) {
	for left := 1 + rng.IntN(14); left > 0 && p.steps.Scan(); {
		if step = p.steps.Text(); step != "token" && !strings.HasPrefix(step, "none:") {
			left--
		}
	}
	p.kill()
	return step
}
