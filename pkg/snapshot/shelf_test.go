package snapshot

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func gone() error { return &servicetrade.Error{Status: http.StatusNotFound, Gone: true} }

// shelf is a Reader of made-up records that counts its reads.
type shelf struct {
	mu     sync.Mutex
	reads  map[string]int
	fail   map[string]error
	block  func(ctx context.Context, what string) error
	extern string
}

func newShelf() *shelf { return &shelf{reads: map[string]int{}, fail: map[string]error{}, extern: "X"} }

func (s *shelf) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[what]
}

func (s *shelf) read(ctx context.Context, kind string, id int64) error {
	what := fmt.Sprintf("%s %d", kind, id)
	s.mu.Lock()
	s.reads[what]++
	err := s.fail[what]
	s.mu.Unlock()
	if s.block != nil {
		if err := s.block(ctx, what); err != nil {
			return err
		}
	}
	return err
}

func (s *shelf) Company(ctx context.Context, id int64) (*tradepostv1.ServiceTradeCompany, error) {
	err := s.read(ctx, "company", id)
	return &tradepostv1.ServiceTradeCompany{Id: id, ExternalIds: map[string]string{"accounting": s.extern}}, err
}

func (s *shelf) Location(ctx context.Context, id int64) (*tradepostv1.ServiceTradeLocation, error) {
	return &tradepostv1.ServiceTradeLocation{Id: id}, s.read(ctx, "location", id)
}

func (s *shelf) Job(ctx context.Context, id int64) (*tradepostv1.ServiceTradeJob, error) {
	return &tradepostv1.ServiceTradeJob{Id: id, Number: "J"}, s.read(ctx, "job", id)
}

func (s *shelf) LibItem(ctx context.Context, id int64) (*tradepostv1.ServiceTradeLibItem, error) {
	return &tradepostv1.ServiceTradeLibItem{Id: id, Code: fmt.Sprint("C", id), ExternalIds: map[string]string{"accounting": "I"}}, s.read(ctx, "libitem", id)
}

// fullShelf also tells where jobs are.
type fullShelf struct{ *shelf }

func (s fullShelf) JobDetail(ctx context.Context, id int64) (servicetrade.JobDetail, error) {
	job, err := s.Job(ctx, id)
	return servicetrade.JobDetail{Job: job, Location: &tradepostv1.NamedRef{Id: 821}}, err
}
