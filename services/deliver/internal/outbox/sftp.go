package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// SFTP is a directory of another machine. One call is under way at a time; a connection
// that broke is made anew by the next call.
type SFTP struct {
	at  SFTPPlace
	dir string // where relative paths of the settings start

	mu   sync.Mutex
	conn net.Conn
	ssh  *ssh.Client
	sftp *sftp.Client
	used time.Time
}

func newSFTP(at SFTPPlace, dir string) (*SFTP, error) {
	if errs := at.problems(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &SFTP{at: at, dir: dir}, nil
}

// dialTime bounds the making of a connection, besides the call's own time.
const dialTime = 15 * time.Second

// Place implements Folder.
func (s *SFTP) Place() string { return s.at.place() }

func (s *SFTP) path(name string) string { return path.Join(s.at.Folder, name) }

// do makes one call. An error of the connection ends it; what a server answers does not.
// It fails with the end of ctx only where nothing was asked of the server: an answer that
// does not come in time leaves in doubt what was done, as a connection that breaks does.
func (s *SFTP) do(ctx context.Context, call func(c *sftp.Client) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		s.drop()
		return err
	}
	_ = s.conn.SetDeadline(deadline(ctx))
	err := call(s.sftp)
	_ = s.conn.SetDeadline(time.Time{}) // Between calls it may be idle.
	s.used = time.Now()
	var status *sftp.StatusError
	switch {
	case err == nil, errors.As(err, &status), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrExist), errors.Is(err, errReplaces):
		return err
	}
	s.drop()
	return fmt.Errorf("%w: %s: %v", ErrUnreachable, s.at.address(), err) //nolint:errorlint // Its causes must not pass for an answer.
}

// idle is after what time a connection is asked whether it is still there: a server or a
// firewall may have ended it.
const idle = 5 * time.Second

func (s *SFTP) alive(ctx context.Context) bool {
	if time.Since(s.used) < idle {
		return true
	}
	_ = s.conn.SetDeadline(deadline(ctx))
	_, err := s.sftp.Getwd()
	return err == nil
}

func deadline(ctx context.Context) time.Time {
	if d, ok := ctx.Deadline(); ok {
		return d
	}
	return time.Now().Add(CallTimeout)
}

func (s *SFTP) drop() {
	if s.sftp != nil {
		_ = s.sftp.Close()
	}
	if s.ssh != nil {
		_ = s.ssh.Close()
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	s.conn, s.ssh, s.sftp = nil, nil, nil
}

func (s *SFTP) connect(ctx context.Context) error {
	if s.sftp != nil && s.alive(ctx) {
		return nil
	}
	s.drop()
	auth, err := s.at.signIn(s.dir)
	if err != nil {
		return err
	}
	check, algorithms, err := s.at.hostKey()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	if s.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", s.at.address()); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	_ = s.conn.SetDeadline(deadline(ctx))
	c, channels, requests, err := ssh.NewClientConn(s.conn, s.at.address(), &ssh.ClientConfig{
		User: s.at.User, Auth: auth, HostKeyCallback: check, HostKeyAlgorithms: algorithms,
	})
	switch {
	case errors.Is(err, ErrSignIn):
		return fmt.Errorf("%s: %w", s.at.address(), err)
	case err != nil && (strings.Contains(err.Error(), "unable to authenticate") || strings.Contains(err.Error(), "no common algorithm for host key")):
		return fmt.Errorf("%w: %s: %w", ErrSignIn, s.at.address(), err)
	case err != nil:
		return fmt.Errorf("%w: %s: %w", ErrUnreachable, s.at.address(), err)
	}
	s.ssh = ssh.NewClient(c, channels, requests)
	if s.sftp, err = sftp.NewClient(s.ssh); err != nil {
		return fmt.Errorf("%w: %s offers no SFTP: %w", ErrUnreachable, s.at.address(), err)
	}
	return nil
}

// Publish implements Folder, by a rename that has to fail where the name is taken.
func (s *SFTP) Publish(ctx context.Context, name string, content []byte) error {
	return s.do(ctx, func(c *sftp.Client) error {
		temp := s.path(tempDir + "/" + rand.Text())
		if err := write(c, temp, content); err != nil {
			return errors.Join(err, ignoreMissing(c.Remove(temp)))
		}
		if err := moved(c, temp, s.path(name)); err != nil {
			return errors.Join(fmt.Errorf("publish %s: %w", name, err), ignoreMissing(c.Remove(temp)))
		}
		return nil
	})
}

// Stage implements Folder.
func (s *SFTP) Stage(ctx context.Context, name string, content []byte) error {
	return s.do(ctx, func(c *sftp.Client) error { return write(c, s.path(name), content) })
}

// Take implements Folder.
func (s *SFTP) Take(ctx context.Context, from, to string) error {
	return s.do(ctx, func(c *sftp.Client) error { return moved(c, s.path(from), s.path(to)) })
}

// Read implements Folder.
func (s *SFTP) Read(ctx context.Context, name string) (content []byte, err error) {
	err = s.do(ctx, func(c *sftp.Client) error {
		f, err := c.Open(s.path(name))
		if err != nil {
			return err
		}
		content, err = io.ReadAll(f)
		return errors.Join(err, f.Close())
	})
	return content, err
}

// List implements Folder.
func (s *SFTP) List(ctx context.Context, dir string) (files []File, err error) {
	err = s.do(ctx, func(c *sftp.Client) error {
		all, err := c.ReadDir(s.path(dir))
		for _, info := range all {
			if !info.IsDir() && !strings.HasPrefix(info.Name(), ".") {
				files = append(files, File{Name: info.Name(), Size: info.Size(), Modified: info.ModTime()})
			}
		}
		return err
	})
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files, err
}

// Remove implements Folder.
func (s *SFTP) Remove(ctx context.Context, name string) error {
	return s.do(ctx, func(c *sftp.Client) error { return c.Remove(s.path(name)) })
}

// Make implements Folder.
func (s *SFTP) Make(ctx context.Context, dir string) error {
	return s.do(ctx, func(c *sftp.Client) error { return c.MkdirAll(s.path(dir)) })
}

// Writable implements Folder. It tries what Publish relies on.
func (s *SFTP) Writable(ctx context.Context) error {
	return s.do(ctx, func(c *sftp.Client) error {
		one, other := s.path(".tradepost-"+rand.Text()), s.path(".tradepost-"+rand.Text())
		defer func() { _, _ = c.Remove(one), c.Remove(other) }()
		if _, err := c.Stat(s.at.Folder); errors.Is(err, fs.ErrNotExist) {
			if err := c.Mkdir(s.at.Folder); err != nil {
				return err
			}
		}
		if err := errors.Join(write(c, one, []byte("1")), write(c, other, []byte("2"))); err != nil {
			return err
		}
		switch err := moved(c, one, other); {
		case err == nil:
			return errReplaces
		case errors.Is(err, fs.ErrExist):
			return nil
		default:
			return err
		}
	})
}

// Close implements Folder.
func (s *SFTP) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	return nil
}
