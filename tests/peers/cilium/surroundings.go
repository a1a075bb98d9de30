package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"

	"github.com/cilium/cilium/pkg/identity"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	k8sUtils "github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy/api"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// surroundings are the objects of a world, as an agent knows them.
type surroundings struct {
	namespaces map[string]*corev1.Namespace
	pods       []corev1.Pod
	nodes      []corev1.Node
	policies   []written
}

// written is a policy object before it is read.
type written struct {
	kind string
	text json.RawMessage
}

func load(world *World) (*surroundings, error) {
	s := &surroundings{namespaces: map[string]*corev1.Namespace{}}
	for _, text := range world.Objects {
		var kind metav1.TypeMeta
		if err := json.Unmarshal(text, &kind); err != nil {
			return nil, err
		}
		var err error
		switch kind.Kind {
		case "Namespace":
			namespace := &corev1.Namespace{}
			err = json.Unmarshal(text, namespace)
			// The API server adds it.
			namespace.Labels = maps.Clone(namespace.Labels)
			if namespace.Labels == nil {
				namespace.Labels = map[string]string{}
			}
			namespace.Labels[corev1.LabelMetadataName] = namespace.Name
			s.namespaces[namespace.Name] = namespace
		case "Pod":
			pod := corev1.Pod{}
			err = json.Unmarshal(text, &pod)
			s.pods = append(s.pods, pod)
		case "Node":
			node := corev1.Node{}
			err = json.Unmarshal(text, &node)
			s.nodes = append(s.nodes, node)
		case "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy":
			s.policies = append(s.policies, written{kind.Kind, text})
		default:
			err = fmt.Errorf("unknown kind %q", kind.Kind)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// rules reads a policy as an agent does: with the object's own checks and rewrites.
func (w written) rules() (api.Rules, error) {
	if w.kind == "CiliumNetworkPolicy" {
		object := v2.CiliumNetworkPolicy{}
		if err := json.Unmarshal(w.text, &object); err != nil {
			return nil, err
		}
		return object.Parse(discard, option.Config.ClusterName)
	}
	object := v2.CiliumClusterwideNetworkPolicy{}
	if err := json.Unmarshal(w.text, &object); err != nil {
		return nil, err
	}
	return object.Parse(discard, option.Config.ClusterName)
}

// identityOf is what an agent takes a pod for.
func (s *surroundings) identityOf(pod *corev1.Pod) labels.Labels {
	namespace := s.namespaces[pod.Namespace]
	if namespace == nil {
		namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: pod.Namespace}}
	}
	all := k8sUtils.SanitizePodLabels(pod.Labels, namespace, pod.Spec.ServiceAccountName, option.Config.ClusterName)
	kept, _ := labelsfilter.Filter(labels.Map2Labels(all, labels.LabelSourceK8s))
	return kept
}

func (s *surroundings) pod(namespace, name string) *corev1.Pod {
	for index := range s.pods {
		if s.pods[index].Namespace == namespace && s.pods[index].Name == name {
			return &s.pods[index]
		}
	}
	return nil
}

// peer is who has an address, seen from a pod.
func (s *surroundings) peer(address string, of *corev1.Pod) (labels.Labels, identity.NumericIdentity, error) {
	for index := range s.pods {
		if s.pods[index].Status.PodIP == address {
			return s.identityOf(&s.pods[index]), 0, nil
		}
	}
	for _, node := range s.nodes {
		for _, own := range node.Status.Addresses {
			if own.Address != address {
				continue
			}
			if node.Name == of.Spec.NodeName {
				return labels.LabelHost, identity.ReservedIdentityHost, nil
			}
			return labels.LabelRemoteNode, identity.ReservedIdentityRemoteNode, nil
		}
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return nil, 0, err
	}
	return labels.GetCIDRLabels(netip.PrefixFrom(ip, ip.BitLen())), 0, nil
}
