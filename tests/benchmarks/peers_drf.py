"""The same create endpoint in Django REST Framework, as its documentation builds one.

It parses, validates the eight fields, inserts one row with a unique (source, id) and commits it as durably.
It verifies no signature, keeps no digest and counts nothing. What would only slow it down is left out:
middleware, authentication, and the query that looks for a duplicate before the insert finds it anyway.
"""

from __future__ import annotations

import json
from typing import Any

import django
from django.core.wsgi import get_wsgi_application
from django.db import IntegrityError, connection, models
from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.generics import CreateAPIView
from rest_framework.parsers import JSONParser

django.setup(set_prefix=False)


class Stored(models.Model):
    """One row per event."""

    seq = models.BigAutoField(primary_key=True)
    source = models.TextField()
    id = models.TextField()
    type = models.TextField()
    time = models.DateTimeField()
    entity = models.TextField(null=True)
    subject = models.TextField(null=True)
    body = models.TextField()

    class Meta:
        app_label = "peers"
        constraints = (models.UniqueConstraint(fields=["source", "id"], name="uq_peer_drf_source_id"),)
        db_table = "peer_drf"


class Money(serializers.Serializer):
    """An amount and its currency."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    currency = serializers.ChoiceField(["CNY"])


class Training(serializers.Serializer):
    """The eight fields."""

    mode = serializers.ChoiceField(["online", "offline"])
    level = serializers.ChoiceField(["basic", "advanced"], required=False)
    attendees = serializers.IntegerField(min_value=0)
    hours = serializers.DecimalField(max_digits=18, decimal_places=2, min_value=0)
    cost = Money(required=False)
    title = serializers.CharField(max_length=200, required=False)
    place = serializers.CharField(max_length=200, required=False)
    external = serializers.BooleanField(required=False)


class Event(serializers.ModelSerializer):
    """A CloudEvent."""

    specversion = serializers.ChoiceField(["1.0"], write_only=True)
    id = serializers.CharField(max_length=200)
    source = serializers.CharField(max_length=200)
    type = serializers.ChoiceField(["bench.training.held"])
    entity = serializers.ChoiceField(["north", "south"], required=False)
    data = Training(write_only=True)

    class Meta:
        model = Stored
        fields = ("seq", "specversion", "id", "source", "type", "time", "entity", "subject", "data")
        validators = ()

    def create(self, validated_data: dict[str, Any]) -> Any:
        """Store one event, with its data as JSON."""
        validated_data.pop("specversion")
        body = json.dumps(validated_data.pop("data"), default=str)
        return Stored.objects.create(**validated_data, body=body)


class Known(APIException):
    """The event is stored already."""

    status_code = 409


class CloudEvents(JSONParser):
    """JSON under its name as a CloudEvent."""

    media_type = "application/cloudevents+json"


class Create(CreateAPIView):
    """``POST /events``."""

    parser_classes = (CloudEvents,)
    queryset = Stored.objects.all()
    serializer_class = Event

    def perform_create(self, serializer: Any) -> None:
        """Save, and say so if that event is there already."""
        try:
            serializer.save()
        except IntegrityError:
            raise Known from None


urlpatterns = [path("events", Create.as_view())]
app = get_wsgi_application()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Stored)
