package servicetrade

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const hookList = `{"data":{"webhooks":[
	{"id":2687264638045999,"hookUrl":"https://a.example/x","enabled":1,"confirmed":true,"includeChangesets":"0",
	 "entityEvents":[{"entityType":"13","actions":["created","updated"]}]},
	{"id":"5","hookUrl":"https://b.example/y","enabled":false,"entityEvents":null},
	{"id":6,"entityEvents":{"0":{"entityType":3,"events":{"0":"deleted"}}}},
	{"id":7,"entityEvents":"nonsense"}],"totalPages":1}}`

func TestWebhooksAreListedInAnyShape(t *testing.T) {
	f := newFake(t, always(http.StatusOK, hookList))
	c, _ := newTestClient(t, f)
	all, err := c.Webhooks(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Webhook{
		{
			ID: bigID, HookURL: "https://a.example/x", Enabled: true, Confirmed: true,
			Events: []WebhookEvent{{EntityType: 13, Actions: []string{"created", "updated"}}},
		},
		{ID: 5, HookURL: "https://b.example/y"},
		{ID: 6, Events: []WebhookEvent{{EntityType: 3, Actions: []string{"deleted"}}}},
		{ID: 7},
	}, all)
	require.Len(t, f.made(http.MethodGet, webhookPath), 1)
}

func TestCreateWebhookIsOnePost(t *testing.T) {
	f := newFake(t, always(http.StatusOK, `{"data":{"id":9,"hookUrl":"https://a.example/x","enabled":true,"confirmed":true}}`))
	c, _ := newTestClient(t, f)
	w := Webhook{HookURL: "https://a.example/x", Enabled: true, Events: []WebhookEvent{{EntityType: 13, Actions: []string{"updated"}}}}
	made, err := c.CreateWebhook(t.Context(), w)
	require.NoError(t, err)
	require.EqualValues(t, 9, made.ID)
	posts := f.made(http.MethodPost, webhookPath)
	require.Len(t, posts, 1)
	require.JSONEq(t, `{"hookUrl":"https://a.example/x","enabled":true,"includeChangesets":false,
		"entityEvents":[{"entityType":13,"actions":["updated"]}]}`, posts[0].Body)
	_, err = c.CreateWebhook(t.Context(), Webhook{HookURL: "https://a.example/x"})
	require.Error(t, err, "without events ServiceTrade would report everything")
}

func TestWebhookWritesAreNeverRepeated(t *testing.T) {
	f := newFake(t, always(http.StatusBadGateway, ""))
	c, _ := newTestClient(t, f)
	_, err := c.CreateWebhook(t.Context(), Webhook{HookURL: "https://a.example/x", Events: []WebhookEvent{{EntityType: 13}}})
	require.True(t, WriteUncertain(err))
	require.True(t, WriteUncertain(c.DeleteWebhook(t.Context(), 9)))
	require.Len(t, f.made(http.MethodPost, webhookPath), 1)
	require.Len(t, f.made(http.MethodDelete, "/webhook/9"), 1)
}

func TestDeleteWebhook(t *testing.T) {
	for status, fine := range map[int]bool{http.StatusNoContent: true, http.StatusOK: true, http.StatusNotFound: true, http.StatusForbidden: false} {
		f := newFake(t, always(status, ""))
		c, _ := newTestClient(t, f)
		err := c.DeleteWebhook(t.Context(), 9)
		require.Equal(t, fine, err == nil, "%d: %v", status, err)
		require.Equal(t, status == http.StatusForbidden, IsForbidden(err))
	}
	f := newFake(t, always(http.StatusOK, ""))
	c, _ := newTestClient(t, f)
	require.ErrorIs(t, c.DeleteWebhook(t.Context(), 0), errNoID)
}
