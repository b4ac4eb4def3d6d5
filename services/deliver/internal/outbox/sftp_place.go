package outbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost/tradepost/pkg/connection"
)

// SFTPPlace is a directory of another machine that is reached by SFTP.
type SFTPPlace struct {
	// Address is host:port; the port may be left out.
	Address string `yaml:"address"`
	User    string `yaml:"user"`
	// KeyFile is the private key, without a passphrase. Relative to the configuration file.
	KeyFile string `yaml:"key_file"`
	// Password is used where there is no key file.
	Password connection.Secret `yaml:"password"`
	// HostKey is the key that the server has to show: a line such as "ssh-ed25519 AAAA...",
	// or its fingerprint "SHA256:...". Required: whoever can stand in for the server could
	// make invoices look imported.
	HostKey string `yaml:"host_key"`
	// Folder is the directory on the server.
	Folder string `yaml:"folder"`
}

func (p *SFTPPlace) problems() []error {
	var errs []error
	bad := func(key, why string) { errs = append(errs, fmt.Errorf("setting sftp.%s: %s", key, why)) }
	if p.Address == "" {
		bad("address", "is missing; the host, with :port where it is not 22")
	}
	if p.User == "" {
		bad("user", "is missing")
	}
	if (p.KeyFile == "") == p.Password.IsZero() {
		bad("key_file", "one of key_file and password is needed")
	}
	if p.Folder == "" {
		bad("folder", "is missing; the directory on the server")
	}
	if _, _, err := p.hostKey(); err != nil {
		bad("host_key", err.Error()+"; `ssh-keyscan` shows the server's keys, compare them with its administrator")
	}
	return errs
}

func (p *SFTPPlace) address() string {
	if _, _, err := net.SplitHostPort(p.Address); err != nil {
		return net.JoinHostPort(p.Address, "22")
	}
	return p.Address
}

// place is the same for the same directory, whatever the settings are spelt like.
func (p *SFTPPlace) place() string {
	return "sftp://" + p.User + "@" + strings.ToLower(p.address()) + "/" + strings.TrimPrefix(path.Clean(p.Folder), "/")
}

// hostKey is the check of the server's key, and the algorithms to ask it for.
func (p *SFTPPlace) hostKey() (ssh.HostKeyCallback, []string, error) {
	if strings.HasPrefix(p.HostKey, "SHA256:") {
		want := strings.TrimRight(p.HostKey, "=")
		return func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if have := ssh.FingerprintSHA256(key); have != want {
				return fmt.Errorf("%w: it shows the host key %s, and host_key says %s", ErrSignIn, have, want)
			}
			return nil
		}, nil, nil
	}
	want, _, _, _, err := ssh.ParseAuthorizedKey([]byte(p.HostKey))
	if err != nil {
		return nil, nil, errors.New("is neither a public key nor SHA256: and a fingerprint")
	}
	algorithms := []string{want.Type()}
	if want.Type() == ssh.KeyAlgoRSA {
		algorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return func(host string, addr net.Addr, key ssh.PublicKey) error {
		if err := ssh.FixedHostKey(want)(host, addr, key); err != nil {
			return fmt.Errorf("%w: it shows the host key %s, and host_key is another", ErrSignIn, ssh.FingerprintSHA256(key))
		}
		return nil
	}, algorithms, nil
}

// signIn is how Tradepost shows who it is. dir is where relative paths start. Many servers
// take a password only as the answer to a question.
func (p *SFTPPlace) signIn(dir string) ([]ssh.AuthMethod, error) {
	if p.KeyFile == "" {
		return []ssh.AuthMethod{ssh.Password(p.Password.Reveal()), ssh.KeyboardInteractive(p.answers)}, nil
	}
	raw, err := os.ReadFile(absolute(dir, p.KeyFile))
	if err != nil {
		return nil, fmt.Errorf("%w: read the key: %s", ErrSignIn, err.Error()) // A key that is missing is no folder that is.
	}
	key, err := ssh.ParsePrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: read the key %s: %w", ErrSignIn, p.KeyFile, err)
	}
	return []ssh.AuthMethod{ssh.PublicKeys(key)}, nil
}

// answers gives the password to the one question that a server asks without showing what
// is typed. A second question (a code, a new password) only a person can answer.
func (p *SFTPPlace) answers(_, _ string, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil // a message
	case len(questions) > 1 || echos[0]:
		return nil, fmt.Errorf("%w: it asks %q, and not for the password alone", ErrSignIn, questions)
	}
	return []string{p.Password.Reveal()}, nil
}
