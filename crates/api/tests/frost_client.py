"""Reads a running server with Fraunhofer's SensorThings client (frost_sta_client from PyPI).

    frost_client.py URL TOKEN STATION DATASTREAM

Ends with `all is well`, or with the first thing that is not.
"""

import sys

import frost_sta_client as fsc

url, token, station, datastream = sys.argv[1:5]
service = fsc.SensorThingsService(url, auth_handler=fsc.AuthHandler(username="lab", password=token))

things = {thing.id: thing for thing in service.things().query().expand("Locations").list()}
assert len(things) == 3, things
road = service.things().find(station)
assert road.name == things[station].name and road.properties["kind"] == "ponding", road.properties

streams = list(road.get_datastreams().query().list())
assert [stream.id for stream in streams] == [int(datastream)], streams
stream = service.datastreams().find(int(datastream))
unit = stream.unit_of_measurement
assert (unit.symbol, unit.definition) == ("m", "ucum:m"), (unit.symbol, unit.definition)

# Ten values, three a page: the client follows the links by itself.
values = [o.result for o in stream.get_observations().query().top(3).list()]
assert len(values) == 10 and values == sorted(values), values
newest = stream.get_observations().query().orderby("phenomenonTime", "desc").top(1).list().get(0)
assert newest.result == max(values) and newest.phenomenon_time.startswith("2021-06-30T12:00"), newest.phenomenon_time
some = stream.get_observations().query().filter("result gt 0.65").count().list()
assert some.count == 3, some.count
assert list(service.observed_properties().query().filter("name eq 'rain'").list())[0].id == "rain"
assert list(service.historical_locations().query().list()) == []

# What is sent comes back.
sent = fsc.Observation(result=0.42, phenomenon_time="2021-06-30T12:30:00+08:00", datastream=stream)
service.create(sent)
newest = stream.get_observations().query().orderby("phenomenonTime", "desc").top(1).list().get(0)
assert (newest.result, newest.id) == (0.42, sent.id), (newest.result, newest.id, sent.id)

try:
    service.create(fsc.Thing(name="ours", description="not"))
    raise AssertionError("a Thing was made")
except Exception as refused:  # noqa: BLE001 - the client raises requests' own error
    assert "405" in str(refused), refused
print("all is well")
