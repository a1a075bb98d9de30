package main

import (
	"regexp"
	"strings"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/u8proto"
	corev1 "k8s.io/api/core/v1"
)

// passes says what a proxy does with a request, given every filter of the policy: it passes where
// one that selects the peer at the port asks nothing of requests, or has a rule that is met.
func passes(maps policy.L4PolicyMaps, ask *Ask, peer identity.NumericIdentity, own *corev1.Pod) bool {
	passed := false
	for filter := range maps.Filters() {
		if !isAt(filter, ask.Port, own) {
			continue
		}
		for selector, asked := range filter.PerSelectorPolicies {
			if !selector.Selects(peer) || asked.IsDeny() {
				continue
			}
			if asked == nil || len(asked.L7Rules.HTTP) == 0 {
				passed = true
				continue
			}
			for index := range asked.L7Rules.HTTP {
				passed = passed || meets(&asked.L7Rules.HTTP[index], ask.HTTP)
			}
		}
	}
	return passed
}

func isAt(filter *policy.L4Filter, port uint16, own *corev1.Pod) bool {
	if filter.U8Proto != u8proto.ANY && filter.U8Proto != u8proto.TCP {
		return false
	}
	first, last := filter.Port, filter.EndPort
	if filter.PortName != "" {
		first = namedPort(own, filter.PortName, filter.U8Proto)
		if first == 0 {
			return false
		}
	} else if first == 0 {
		return true
	}
	if last == 0 {
		last = first
	}
	return first <= port && port <= last
}

// meets compares as Envoy does with the rule that Cilium writes for it.
func meets(rule *api.PortRuleHTTP, request *HTTP) bool {
	whole := func(expression, text string) bool {
		return expression == "" || regexp.MustCompile(`\A(?:`+expression+`)\z`).MatchString(text)
	}
	if !whole(rule.Method, request.Method) || !whole(rule.Path, request.Path) || !whole(rule.Host, request.Host) {
		return false
	}
	for _, header := range rule.Headers {
		name, value, hasValue := strings.Cut(header, " ")
		lines := lines(request, strings.TrimRight(name, ":"))
		if len(lines) == 0 || (hasValue && strings.Join(lines, ",") != value) {
			return false
		}
	}
	for _, match := range rule.HeaderMatches {
		lines := lines(request, match.Name)
		if match.Mismatch == "" && (len(lines) == 0 || (match.Value != "" && strings.Join(lines, ",") != match.Value)) {
			return false
		}
	}
	return true
}

func lines(request *HTTP, name string) []string {
	var found []string
	for _, line := range request.Headers {
		if strings.EqualFold(line[0], name) {
			found = append(found, line[1])
		}
	}
	return found
}
