package outboxtest

import (
	"testing"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
	"github.com/tradepost/tradepost/services/deliver/internal/outbox/sshtest"
)

// Over is a folder of an SSH server, with the sign-in that it takes.
func Over(t testing.TB, s *sshtest.Server, folder string) outbox.Place {
	t.Helper()
	at := &outbox.SFTPPlace{Address: s.Address, User: s.User, KeyFile: s.KeyFile, HostKey: s.HostKey, Folder: folder}
	if s.Password != "" {
		at.Password = connection.NewSecret(s.Password)
	}
	return outbox.Place{SFTP: at}
}
