#!/usr/bin/env escript
%% Reads BER files with what Erlang's ASN.1 compiler makes of our schema page, and shares nothing
%% else with the house: each record is decoded whole, encoded again and must be the same octets.
%% By hand, as erlang-asn1 is large (apt-get install erlang-asn1):
%%
%%   tests/cdr/read_with_erlang.escript docs/format/cdr.asn1 FILE.ber ...

main([Schema | Files]) when Files =/= [] ->
    Folder = string:trim(os:cmd("mktemp -d")),
    Module = filename:join(Folder, "OcsChargingRecords.asn1"),
    {ok, _} = file:copy(Schema, Module),
    ok = asn1ct:compile(Module, [ber, maps, {outdir, Folder}]),
    true = code:add_path(Folder),
    Records = lists:sum([read_file(File) || File <- Files]),
    io:format("~p records decoded, and the same octets when encoded again~n", [Records]);
main(_) ->
    io:format("read_with_erlang.escript SCHEMA FILE.ber ...~n"),
    halt(2).

read_file(File) ->
    {ok, <<Length:32, Header:32, _/binary>> = Bytes} = file:read_file(File),
    Length = byte_size(Bytes),
    <<_:Header/binary, Records/binary>> = Bytes,
    read_records(Records, 0).

read_records(<<>>, Count) -> Count;
read_records(<<Length:16, Release:8, _Format:8, Rest/binary>>, Count) ->
    Extension = case Release bsr 5 of 7 -> 1; _ -> 0 end,
    <<_:Extension/binary, Record:Length/binary, More/binary>> = Rest,
    {ok, Value} = 'OcsChargingRecords':decode('CHFRecord', Record),
    {ok, Record} = 'OcsChargingRecords':encode('CHFRecord', Value),
    read_records(More, Count + 1).
