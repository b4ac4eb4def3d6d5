package outbox

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/outbox/sshtest"
)

// A password lets in, whether the server takes it as such or asks for it; a wrong one is
// told as a sign-in, and nothing of it is in the message.
func TestOverSFTPWithAPassword(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *sshtest.Server{"taken": sshtest.WithPassword, "asked for": sshtest.WithQuestion} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			s := &sshd{Server: server, t: t, place: SFTPPlace{
				Address: server.Address, User: server.User, Password: connection.NewSecret(server.Password), HostKey: server.HostKey,
				Folder: filepath.Join(server.Dir, "outbox"),
			}}
			wrong := s.folder(func(p *SFTPPlace) { p.Password = connection.NewSecret("wrong-battery") })
			err := wrong.Writable(t.Context())
			require.ErrorIs(t, err, ErrSignIn)
			require.NotContains(t, err.Error(), "battery")
			require.Equal(t, "connection.signed_out", New(wrong, options(1)).Check(t.Context())[0].GetCode())

			b := opened(t, s.folder(), options(1))
			p := posting(1, "10.00")
			require.IsType(t, connector.Handed{}, b.Add(t.Context(), p, itemOf(p)))
			require.Len(t, appeared(t, s.place.Folder), 1)
		})
	}
}

func TestAQuestionThatIsNotForThePassword(t *testing.T) {
	p := &SFTPPlace{Password: connection.NewSecret("secret")}
	for _, c := range []struct {
		questions []string
		echos     []bool
		answers   []string
		refused   bool
	}{
		{[]string{"Password: "}, []bool{false}, []string{"secret"}, false},
		{nil, nil, nil, false},
		{[]string{"Your name: "}, []bool{true}, nil, true},
		{[]string{"Password: ", "Code: "}, []bool{false, false}, nil, true},
	} {
		answers, err := p.answers("", "", c.questions, c.echos)
		require.Equal(t, c.answers, answers)
		if c.refused {
			require.ErrorIs(t, err, ErrSignIn)
			continue
		}
		require.NoError(t, err)
	}
}
