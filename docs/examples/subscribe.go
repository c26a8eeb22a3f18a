// Prints the events of unroutable that Redis has, a line of JSON each. Needs go-redis v9.
//
//	go run subscribe.go hints                  what is published from now on; what is missed is gone
//	go run subscribe.go follow [EVENT-ID]      all stored events, or all after this event, and new ones
//	go run subscribe.go work GROUP CONSUMER    what no other consumer of the group has, until it is acknowledged
//
// REDIS_URL is redis://127.0.0.1:6379 by default, WATCH the ids of all that is watched: KP, or JP+KP.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	watch  = or(os.Getenv("WATCH"), "KP")
	events = "unroutable:{" + watch + "}:events"
	ids    = "unroutable:{" + watch + "}:ids"
)

const block = 5 * time.Second

func main() {
	options, err := redis.ParseURL(or(os.Getenv("REDIS_URL"), "redis://127.0.0.1:6379"))
	if err != nil {
		log.Fatal(err)
	}
	client, ctx := redis.NewClient(options), context.Background()
	args := append(os.Args[1:], "", "", "")
	switch args[0] {
	case "hints":
		err = hints(ctx, client)
	case "follow":
		err = follow(ctx, client, args[1])
	case "work":
		err = work(ctx, client, args[1], args[2])
	default:
		err = errors.New("hints, follow [EVENT-ID] or work GROUP CONSUMER")
	}
	log.Fatal(err)
}

// hints is pub/sub. Never ends: go-redis subscribes again by itself.
func hints(ctx context.Context, client *redis.Client) error {
	subscription := client.Subscribe(ctx, "unroutable:events") // or unroutable:events:KP
	for message := range subscription.Channel() {
		handle(message.Payload)
	}
	return errors.New("the subscription was closed")
}

// follow reads the stream, from the beginning or after an event. Never ends.
func follow(ctx context.Context, client *redis.Client, after string) error {
	entry := "0"
	for after != "" {
		found, err := client.HGet(ctx, ids, after).Result()
		if err == redis.Nil {
			return fmt.Errorf("%s is no longer stored, or never was", after)
		}
		if isOver(err) {
			return err
		}
		if err == nil {
			entry = found
			break
		}
	}
	last := map[string]string{}
	for {
		args := &redis.XReadArgs{Streams: []string{events, entry}, Count: 100, Block: block}
		streams, err := client.XRead(ctx, args).Result()
		if isOver(err) {
			return err
		}
		for _, message := range entriesOf(streams) {
			text := eventIn(message)
			var event struct{ ID, Source, PreviousID string }
			if err := json.Unmarshal([]byte(text), &event); err != nil {
				return err
			}
			if before, known := last[event.Source]; known && event.PreviousID != before {
				log.Printf("a hole after %s", before)
			}
			last[event.Source] = event.ID
			handle(text)
			entry = message.ID
		}
	}
}

// work reads the stream, shared in a consumer group. Never ends.
func work(ctx context.Context, client *redis.Client, group, consumer string) error {
	if err := createGroup(ctx, client, group); err != nil {
		return err
	}
	// First what this consumer was given and did not acknowledge, then what is new.
	for from := "0"; ; {
		args := &redis.XReadGroupArgs{
			Group: group, Consumer: consumer, Streams: []string{events, from}, Count: 100, Block: block,
		}
		streams, err := client.XReadGroup(ctx, args).Result()
		if hasPrefix(err, "NOGROUP", "UNBLOCKED") {
			// Redis was emptied: all stored events come again.
			if err := createGroup(ctx, client, group); err != nil {
				return err
			}
			continue
		}
		if isOver(err) {
			return err
		}
		entries := entriesOf(streams)
		if err := handleAll(ctx, client, group, entries); err != nil {
			return err
		}
		if len(entries) > 0 {
			continue
		}
		from = ">"
		// What another consumer was given a minute ago and never acknowledged.
		claim := &redis.XAutoClaimArgs{
			Stream: events, Group: group, Consumer: consumer, MinIdle: time.Minute, Start: "0-0", Count: 100,
		}
		orphans, _, err := client.XAutoClaim(ctx, claim).Result()
		if isOver(err) {
			return err
		}
		if err := handleAll(ctx, client, group, orphans); err != nil {
			return err
		}
	}
}

// createGroup begins at 0, so that it gets what was there before. Without MKSTREAM: the stream is made by unroutable alone.
func createGroup(ctx context.Context, client *redis.Client, group string) error {
	for {
		err := client.XGroupCreate(ctx, events, group, "0").Err()
		if err == nil || hasPrefix(err, "BUSYGROUP") {
			return nil
		}
		if strings.Contains(err.Error(), "requires the key to exist") {
			time.Sleep(time.Second) // until the first event
		} else if isOver(err) {
			return err
		}
	}
}

func handleAll(ctx context.Context, client *redis.Client, group string, entries []redis.XMessage) error {
	for _, message := range entries {
		if message.Values == nil {
			log.Printf("entry %s was deleted before it was handled", message.ID)
		} else {
			handle(eventIn(message))
		}
		for {
			err := client.XAck(ctx, events, group, message.ID).Err()
			if isOver(err) {
				return err
			}
			if err == nil {
				break
			}
		}
	}
	return nil
}

func entriesOf(streams []redis.XStream) []redis.XMessage {
	if len(streams) == 0 {
		return nil
	}
	return streams[0].Messages
}

func eventIn(message redis.XMessage) string {
	text, _ := message.Values["event"].(string)
	return text
}

// isOver reports whether Redis answered with an error. If Redis is away, it waits a second.
func isOver(err error) bool {
	var answer redis.Error
	if err == nil || err == redis.Nil {
		return false
	}
	if errors.As(err, &answer) && !hasPrefix(err, "LOADING", "NOGROUP", "UNBLOCKED") {
		return true
	}
	log.Printf("redis: %v", err)
	time.Sleep(time.Second)
	return false
}

func hasPrefix(err error, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if err != nil && strings.HasPrefix(err.Error(), prefix) {
			return true
		}
	}
	return false
}

// handle is yours. Keep the event's id together with what you do, in one transaction: the same event may come again.
func handle(event string) {
	fmt.Println(event)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
