import { definePage } from '@/page'

export default definePage({
  path: '/packets/:seq(\\d+)',
  title: { zh: '原始报文', en: 'Raw frame' },
  component: () => import('./PacketPage.vue'),
  roles: ['dispatcher', 'administrator'],
  theme: 'day',
})
