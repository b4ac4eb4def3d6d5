package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/sandbox"
)

// The copy is taken with sends under way. Then more is posted, one invoice is edited
// and posted again, some are posted without ServiceTrade being told, and the old copy
// comes back. Everything that is in the books is then sent once more.
func TestBackupAndRestoreOfAnOldCopy(t *testing.T) {
	pages := readRecipes(t, "backup.md")
	for name, way := range map[string]struct{ back, restore func(p *plant) }{
		"streams": {
			func(p *plant) { pages.run(p, "Streams", 0, 0) },
			func(p *plant) {
				p.endStages()
				pages.run(p, "Streams", 1, 0)
			},
		},
		"files": {
			func(p *plant) { p.cold(func() { pages.run(p, "The files", 0, 0) }) },
			func(p *plant) {
				p.endStages()
				p.procs["nats-server"].end(syscall.SIGTERM)
				pages.run(p, "The files", 1, 0)
				p.procs["nats-server"].start()
				p.procs["nats-server"].awaitReady()
			},
		},
	} {
		t.Run(name, func(t *testing.T) { restoresAnOldCopy(t, way.back, way.restore) })
	}
	pages.requireAllRan(t)
}

func restoresAnOldCopy(t *testing.T, back, restore func(p *plant)) {
	p := newPlant(t, sandbox.GenerateBook(sandbox.BookOptions{Seed: 21, Invoices: 20}))
	var ids []int64
	for _, inv := range p.sandbox.API.Invoices("ok") {
		ids = append(ids, inv.ID)
	}
	send := func(some []int64) {
		t.Helper()
		require.NoError(t, p.sandbox.API.Send("", some...))
	}
	send(ids[:5])
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids[:5])
	p.procs["deliver"].end(syscall.SIGTERM)
	send(ids[5:10])
	for _, id := range ids[5:10] {
		require.Eventually(t, func() bool { return p.record(id).GetState() == record.Opened }, time.Minute, 50*time.Millisecond)
	}
	back(p)

	// What the copy does not know.
	p.restart("deliver")
	p.awaitSettled(time.Minute)
	notes := "edited after the copy was taken"
	_, err := p.sandbox.API.Edit(ids[0], sandbox.InvoiceEdit{Notes: &notes})
	require.NoError(t, err)
	require.NoError(t, p.sandbox.API.SetStatus(ids[0], "pending_accounting"))
	send(ids[10:15])
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids[:15])
	p.procs["reconcile"].end(syscall.SIGTERM)
	send(ids[15:])
	for _, id := range ids[15:] {
		require.Eventually(t, func() bool { return p.record(id).GetState() == record.Outcome }, time.Minute, 50*time.Millisecond)
	}

	restore(p)
	require.Nil(t, p.record(ids[19]), "the copy is an old one")
	require.Equal(t, record.Opened, p.record(ids[7]).GetState())
	for _, s := range stages {
		p.restart(s)
	}
	p.awaitSettled(2 * time.Minute)
	p.awaitClosed(ids[5:10])
	p.requireRight(ids)
	for _, id := range ids {
		require.NoError(t, p.sandbox.API.SetStatus(id, "pending_accounting"))
	}
	p.awaitSettled(2 * time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
}

// endStages ends the services that run.
func (p *plant) endStages() {
	p.t.Helper()
	for _, s := range stages {
		p.procs[s].end(syscall.SIGTERM)
	}
}

// restart starts a service, after ending it if it runs.
func (p *plant) restart(name string) {
	p.t.Helper()
	p.procs[name].end(syscall.SIGTERM)
	p.procs[name].start()
	p.procs[name].awaitReady()
}

// cold does something while nothing runs, the NATS server neither.
func (p *plant) cold(do func()) {
	p.t.Helper()
	p.endStages()
	p.procs["nats-server"].end(syscall.SIGTERM)
	do()
	p.procs["nats-server"].start()
	p.procs["nats-server"].awaitReady()
	for _, s := range stages {
		if s != "deliver" {
			p.restart(s)
		}
	}
}
